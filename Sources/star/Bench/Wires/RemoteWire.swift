import Contracts
package import Endpoints
import EventLoop
package import Foundation
import HTTPTransport
import Hosting
import Measuring
package import RPC
import Synchronization
package import ZeroMQ

/// An endpoint of a service that runs already, over the wire that its address names.
package struct RemoteWire {
    /// Its name in tables.
    let name: String
    let address: String
    let endpoint: String
    let input: Data
    let token: String?
    private let security: SecurityChoice
    private let description: EndpointLookup

    /// Chooses the keys with which the service of this name is called at an address.
    package typealias SecurityChoice = @Sendable (String, Address) throws -> SocketOptions.Security
    /// Looks an endpoint up by its qualified name.
    package typealias EndpointLookup = @Sendable (String, any Caller) async throws -> EndpointDescriptor

    /// - Parameters:
    ///   - name: in tables.
    ///   - endpoint: the qualified name.
    package init(
        name: String, address: String, endpoint: String, input: Data, token: String?,
        security: @escaping SecurityChoice, description: @escaping EndpointLookup
    ) {
        self.name = name
        self.address = address
        self.endpoint = endpoint
        self.input = input
        self.token = token
        self.security = security
        self.description = description
    }

    /// Asks the service for its contract, and makes a first call, so that a mistake shows before the run.
    ///
    /// - Throws: `AddressError`; what the choice of keys and the look-up throw.
    func subject(_ context: Context) async throws -> any BenchmarkTarget {
        switch try PeerAddress(address) {
        case .http(let url):
            let caller = HTTPCaller(url)
            return try await subject(caller, on: nil) { await caller.close() }
        case .zeroMQ(let address):
            let service = String(endpoint.prefix { $0 != "." })
            let session = try await ClientSession([address.description], context, try security(service, address))
            return try await subject(session.callers[0], on: session.thread) { await session.close() }
        }
    }

    private func subject(
        _ caller: any Caller, on thread: SocketThread?, close: @escaping @Sendable () async -> Void
    ) async throws -> any BenchmarkTarget {
        do {
            let call = RemoteCall(
                caller: caller, endpoint: try await description(endpoint, caller), qualifiedName: endpoint,
                input: input, token: token)
            try await call.run()
            return ClosureTarget(name, processes: Processes(servers: []), on: thread) { _ in
                try await call.run()
            } close: {
                await close()
            }
        } catch {
            await close()
            throw error
        }
    }
}

private struct RemoteCall: Sendable {
    let caller: any Caller
    let endpoint: EndpointDescriptor
    let qualifiedName: String
    let input: Data
    let token: String?

    func run() async throws(Problem) {
        let call = Call(qualifiedName, body: input, token: token, timeout: .seconds(10))
        if case .failure(let problem) = await caller.call(call, endpoint) { throw problem }
    }
}

/// The typed clients of a wire, and what they show and send.
struct BenchClients: Sendable {
    let resource: Client<ResourceContract>
    let echo: Client<EchoContract>
    private let tokens: Tokens
    private let asBytes: Bool
    /// The payloads of calls of each size.
    private let payloads: [Int: (text: EchoContract.Text, bytes: Bytes)]

    /// - Parameters:
    ///   - callers: to the resource service, and to the echo.
    ///   - tokens: what calls show in turn.
    ///   - asBytes: true if payloads are sent as they are, and not as JSON.
    init(_ callers: [any Caller], tokens: [String], payloads: [Int], asBytes: Bool = false) {
        resource = Client(callers[0])
        echo = Client(callers[1])
        self.tokens = Tokens(tokens)
        self.asBytes = asBytes
        self.payloads = Dictionary(
            uniqueKeysWithValues: Set(payloads).map { size in
                let text = String(repeating: "x", count: size)
                return (size, (EchoContract.Text(text: text), Bytes(Data(text.utf8))))
            })
    }

    /// Makes a call with so many bytes, or the smallest one.
    func call(_ payload: Int) async throws(Problem) {
        guard payload > 0, let (text, bytes) = payloads[payload] else {
            _ = try await resource.call(ResourceContract.currentTime, token: tokens.next(), timeout: .seconds(10))
            return
        }
        if asBytes {
            _ = try await echo.call(EchoContract.echoBytes, bytes, token: tokens.next(), timeout: .seconds(10))
        } else {
            _ = try await echo.call(EchoContract.echo, text, token: tokens.next(), timeout: .seconds(10))
        }
    }
}

/// Tokens that are shown one after the other, again and again.
private final class Tokens: Sendable {
    private let all: [String]
    private let count = Atomic(0)

    init(_ all: [String]) {
        self.all = all
    }

    func next() -> String {
        all[count.add(1, ordering: .relaxed).oldValue % all.count]
    }
}
