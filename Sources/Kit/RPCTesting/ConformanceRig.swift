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
        let end = ContinuousClock.now + .seconds(30)
        while await !caller.isConnected, .now < end { try await Task.sleep(for: .milliseconds(5)) }
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

    /// Tells callers that the service will stop.
    package func drain() async {
        dispatcher.beginDraining()
        await front?.drain()
    }

    package func stopFront() async {
        await front?.stop()
        front = nil
    }

    /// The front, which is then the check's to stop.
    package func takeFront() -> (any Front)? { front.take() }

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
