package import Endpoints
import Foundation
package import RPC

/// A service behind one transport, and a caller of it.
package final class ConformanceRig {
    package let traits: TransportTraits
    package let service: TrialService
    package private(set) var caller: any Caller
    package private(set) var dispatcher: Dispatcher
    /// The address at which the front listens.
    package private(set) var address: String

    private let transport: any TestTransport
    private let journal = Journal()
    private var callers: [any Caller] = []
    private var front: (any Front)?

    package var client: Client<TrialContract> { Client(caller) }

    /// The calls that were replied to, without those to the kit's own endpoints, by which a caller may see if it is connected.
    package var replies: [Journal.Line] { journal.all.filter { !$0.endpoint.hasPrefix("_") } }

    /// Runs a check, and closes everything at its end.
    package static func run(
        _ transport: some TestTransport, _ check: (ConformanceRig) async throws -> Void
    ) async throws {
        let rig: ConformanceRig
        do {
            rig = try await ConformanceRig(transport)
        } catch {
            await transport.close()
            throw error
        }
        do {
            try await check(rig)
        } catch {
            await rig.close()
            throw error
        }
        await rig.close()
    }

    private init(_ transport: some TestTransport) async throws {
        self.transport = transport
        traits = transport.traits
        service = TrialService(executor: transport.executor)
        dispatcher = try Self.dispatcher(service, journal)
        let front = try transport.makeFront(dispatcher, at: nil)
        self.front = front
        address = try await front.start().first ?? ""
        caller = try await transport.makeCaller(to: address)
        callers = [caller]
        try await Self.connection(of: caller)
    }

    /// Waits for it: a call does so, too, but not for long, and a busy machine may be slow.
    private static func connection(of caller: any Caller) async throws {
        try await eventually("The caller is connected.") { await caller.isConnected }
    }

    private static func dispatcher(_ service: TrialService, _ journal: Journal) throws -> Dispatcher {
        try Dispatcher(
            service, contract: TrialContract.description, verifier: FakeVerifier(), maxInFlight: 20_000,
            observers: [journal])
    }

    /// Serves again, at the address of the front before.
    package func startFront() async throws {
        dispatcher = try Self.dispatcher(service, journal)
        let front = try transport.makeFront(dispatcher, at: address)
        address = try await front.start().first ?? address
        self.front = front
    }

    /// Notifies callers that the service will stop.
    package func drain() async {
        dispatcher.beginDraining()
        await front?.drain()
    }

    package func stopFront() async {
        await front?.stop()
        front = nil
    }

    /// The front, which is then the check's to stop.
    package func detachFront() -> (any Front)? { front.take() }

    /// Another caller, which is closed at the end.
    package func newCaller() async throws -> any Caller {
        let caller = try await transport.makeCaller(to: address)
        callers.append(caller)
        if front != nil { try await Self.connection(of: caller) }
        return caller
    }

    /// Calls without checking anything first.
    package func send<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ body: String = "", contentType: String? = nil, token: String? = nil,
        trace: TraceContext = .root(), requestID: String? = nil, timeout: Duration? = nil,
        received: ContinuousClock.Instant = .now
    ) async -> Reply {
        let call = Call(
            "trial.\(endpoint.description.name)", body: Data(body.utf8), contentType: contentType, token: token,
            trace: trace, requestID: requestID, timeout: timeout ?? endpoint.description.deadline, received: received)
        return await caller.call(call, endpoint.description)
    }

    private func close() async {
        await service.release()
        for caller in callers { await caller.close() }
        await stopFront()
        await transport.close()
    }
}

/// Something that a check waits for did not happen in time.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Checks again and again, with pauses, until a condition holds; the only wait of the checks.
///
/// - Parameter event: what is waited for, for the sentence of the failure.
/// - Throws: ``Overdue`` after 30 seconds, and what the condition throws.
func eventually(_ event: String, _ condition: () async throws -> Bool) async throws {
    let limit = Duration.seconds(30)
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw Overdue(description: "Not within \(limit): \(event)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
