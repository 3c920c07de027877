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
        let name = C.name + "." + endpoint.description.name
        let start = ContinuousClock.now
        let timing = Timing()
        do throws(Problem) {
            let output = try await client.call(
                endpoint, input, in: context, token: token, timeout: timeout, timing: timing)
            trail.note(name, link, status: endpoint.description.http.status, since: start, timing)
            return output
        } catch {
            trail.note(name, link, status: error.status, since: start, timing)
            throw error
        }
    }
}
