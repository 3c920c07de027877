import Endpoints
import Foundation
import HTTPTransport
import Hosting
import Measuring
import RPC
import ZeroMQ

/// An endpoint of a service that runs already, over the wire that its address names.
struct RemoteWire {
    let address: String
    let endpoint: String
    let input: Data
    let token: String?

    /// Asks the service for its contract, and makes a first call, so that a mistake is told before the run.
    ///
    /// - Throws: `ExitCode`, after a sentence has been written; `AddressError`.
    func subject(_ context: Context) async throws -> any Subject {
        switch try PeerAddress(address) {
        case .http(let url):
            let caller = HTTPCaller(url)
            return try await subject(caller, on: nil) { await caller.close() }
        case .zeroMQ(let address):
            let line = try await Line([address.description], context)
            return try await subject(line.callers[0], on: line.thread) { await line.close() }
        }
    }

    private func subject(
        _ caller: any Caller, on thread: SocketThread?, close: @escaping @Sendable () async -> Void
    ) async throws -> any Subject {
        do {
            let known = try await RemoteContract.endpoint(endpoint, caller)
            let call: @Sendable (Int) async throws -> Void = { [endpoint, input, token] _ in
                let call = Call(endpoint, body: input, token: token, timeout: .seconds(10))
                if case .failure(let problem) = await caller.call(call, known) { throw problem }
            }
            try await call(0)
            return CallSubject(address, processes: Processes(servers: []), on: thread, call: call, close: close)
        } catch {
            await close()
            throw error
        }
    }
}
