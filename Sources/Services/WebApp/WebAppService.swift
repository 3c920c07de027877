public import Contracts
import Endpoints
import Foundation
public import RPC

/// Tells visitors the time, which it asks of resource, with their own token or with a guest's from auth; and what they see
/// of the services at `/`.
public actor WebAppService: Service {
    nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let auth: Peer<AuthContract>
    let resource: Peer<ResourceContract>
    let resourceOverHTTP: Peer<ResourceContract>?
    let neighbours: [Neighbour]
    let start = ContinuousClock.now
    /// What visitors are shown of recent calls. It is to be one of the dispatcher's interceptors.
    public nonisolated let log = CallLog()
    /// The secret of webapp's own client at auth; `nil` if it has none.
    let clientSecret: String?
    /// That of the client.
    var ownToken: GuestToken?
    private var guest: GuestToken?
    /// Asks auth for a guest's token; whoever else needs one meanwhile waits for the same.
    private var flight: Task<Result<GuestToken, Problem>, Never>?
    var view = View()
    var contest: Contest?
    var watchers: [AsyncStream<Data>.Continuation] = []

    /// - Parameters:
    ///   - resourceOverHTTP: a second way to resource, to compare the first with; without one there are no comparisons.
    ///   - neighbours: whom visitors are told about.
    ///   - clientSecret: that of the OAuth client ``client``, by which webapp acts for itself; without one it is a guest.
    public init(
        executor: ServiceExecutor, auth: Peer<AuthContract>, resource: Peer<ResourceContract>,
        resourceOverHTTP: Peer<ResourceContract>? = nil, neighbours: [Neighbour] = [],
        clientSecret: String? = nil
    ) {
        self.executor = executor
        self.auth = auth
        self.resource = resource
        self.resourceOverHTTP = resourceOverHTTP
        self.neighbours = neighbours
        self.clientSecret = clientSecret
    }

    public func waitsFor() async -> [String] {
        var waits: [String] = []
        if await !auth.client.isConnected { waits.append("auth") }
        if await !resource.client.isConnected { waits.append("resource") }
        return waits
    }

    func currentTime(_: Empty, _ context: CallContext) async throws -> CurrentTime {
        try await remembered(context) { trail in try await ask(ResourceContract.currentTime, context, trail) }
    }

    func epochTime(_: Empty, _ context: CallContext) async throws -> EpochTime {
        try await remembered(context) { trail in try await ask(ResourceContract.epochTime, context, trail) }
    }

    func clock(_: Empty, _ context: CallContext) async throws -> WebAppContract.Clock {
        try await remembered(context) { trail in
            let time = try await ask(ResourceContract.currentTime, context, trail)
            return WebAppContract.Clock(
                currentTime: time.currentTime, link: resource.link, microseconds: trail.steps.last?.microseconds ?? 0)
        }
    }

    func calls(_: Empty, _ context: CallContext) async -> WebAppContract.RecentCalls {
        WebAppContract.RecentCalls(calls: log.latest)
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }

    /// Answers a call that asks other services, and remembers what it asked.
    func remembered<Answer>(
        _ context: CallContext, status: Int = 200, _ answer: (Trail) async throws -> Answer
    ) async throws -> Answer {
        let (trail, begin) = (Trail(), ContinuousClock.now)
        func remember(_ status: Int) {
            let entry = CallLog.Entry(
                trace: context.trace, status: status, begin: begin, end: .now, steps: trail.steps, ledger: nil)
            log.add(entry, of: context.endpoint)
        }
        do {
            let answer = try await answer(trail)
            remember(status)
            return answer
        } catch {
            remember((error as? Problem)?.status ?? 500)
            throw error
        }
    }

    private func ask<Answer>(
        _ endpoint: Endpoint<Empty, Answer>, _ context: CallContext, _ trail: Trail
    ) async throws(Problem) -> Answer {
        if let token = context.token {
            return try await resource.call(endpoint, Empty(), in: context, token: token, on: trail)
        }
        let token = try await guestToken(trail)
        do {
            return try await resource.call(endpoint, Empty(), in: context, token: token, on: trail)
        } catch  where error.status == 401 {
            // Auth has new keys: the guest's token is one of the old ones, unless another call has renewed it already.
            if guest?.token == token { guest = nil }
            return try await resource.call(endpoint, Empty(), in: context, token: guestToken(trail), on: trail)
        }
    }

    /// A guest's token, asked for when the last one has little time left.
    func guestToken(_ trail: Trail = Trail()) async throws(Problem) -> String {
        if let guest, guest.renewal > .now { return guest.token }
        let flight = flight ?? Task { await freshToken(trail) }
        self.flight = flight
        return try await flight.value.get().token
    }

    /// It serves many calls, so neither the trace nor the time of the one that came first is its own.
    private func freshToken(_ trail: Trail) async -> Result<GuestToken, Problem> {
        defer { flight = nil }
        do throws(Problem) {
            let grant = try await auth.call(AuthContract.create, .guest, timeout: Self.patience, on: trail)
            let fresh = GuestToken(grant)
            guest = fresh
            return .success(fresh)
        } catch {
            return .failure(error)
        }
    }

    /// For how long auth may think about a guest's token.
    private static let patience = Duration.seconds(1)
}
