public import Contracts
public import Endpoints
public import RPC

/// Another service, and how it is reached.
public struct Peer<C: Contract>: Sendable {
    let client: Client<C>
    let link: Link

    public init(_ caller: any Caller, link: Link = .inProcess) {
        client = Client(caller)
        self.link = link
    }

    /// Calls an endpoint, and notes in the trail what that cost.
    ///
    /// - Throws: what ``Client/call(_:_:in:token:timeout:timing:)`` does.
    func call<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ input: Input, in context: CallContext? = nil, token: String? = nil,
        timeout: Duration? = nil, on trail: Trail
    ) async throws(Problem) -> Output {
        let (begin, timing) = (ContinuousClock.now, Timing())
        func note(_ status: Int) {
            trail.add(
                Trail.Step(
                    contract: C.name, endpoint: endpoint.description.name, link: link, status: status, begin: begin,
                    end: .now, timing: timing))
        }
        do throws(Problem) {
            let output = try await client.call(
                endpoint, input, in: context, token: token, timeout: timeout, timing: timing)
            note(endpoint.description.http.status)
            return output
        } catch {
            note(error.status)
            throw error
        }
    }
}
