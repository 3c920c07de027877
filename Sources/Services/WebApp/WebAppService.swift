import Contracts
import Endpoints
import Foundation
public import RPC

/// Shows visitors the time, which it gets from resource, with their own token or with a guest's from auth; and what they see
/// of the services at `/`.
public actor WebAppService: Service {
    nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let auth: Client<AuthContract>
    let resource: Client<ResourceContract>
    let resourceRoute: ServiceRoute
    let resourceOverHTTP: ServiceRoute?
    let monitored: [MonitoredService]
    let start = ContinuousClock.now
    /// Says when a token has to be renewed, and when it ends.
    private let clock: @Sendable () -> ContinuousClock.Instant
    /// Shown to visitors. It must be one of the dispatcher's interceptors and observers.
    public nonisolated let history = CallHistory()
    /// The secret of webapp's own client at auth; `nil` if it has none.
    let clientSecret: String?
    /// That of the client.
    var ownToken: GuestToken?
    private var guest: GuestToken?
    /// Requests a guest's token from auth; whoever else needs one meanwhile waits for the same.
    private var guestTokenTask: Task<Result<GuestToken, Problem>, Never>?
    var statusCache = StatusCache()
    var currentComparison: ComparisonRun?
    var subscribers: [AsyncStream<Data>.Continuation] = []

    /// - Parameters:
    ///   - resourceOverHTTP: a second way to resource, to compare the first with; without one there are no comparisons.
    ///   - monitored: the services whose state visitors see.
    ///   - clientSecret: that of the OAuth client ``client``, by which webapp acts for itself; without one it is a guest.
    ///   - clock: says how old a token is.
    public init(
        executor: ServiceExecutor, auth: ServiceRoute, resource: ServiceRoute,
        resourceOverHTTP: ServiceRoute? = nil, monitored: [MonitoredService] = [], clientSecret: String? = nil,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.executor = executor
        self.auth = auth.recordedClient(of: AuthContract.self)
        self.resource = resource.recordedClient(of: ResourceContract.self)
        resourceRoute = resource
        self.resourceOverHTTP = resourceOverHTTP
        self.monitored = monitored
        self.clientSecret = clientSecret
        self.clock = clock
    }

    public func pendingDependencies() async -> [String] {
        var waits: [String] = []
        if await !auth.isConnected { waits.append("auth") }
        if await !resource.isConnected { waits.append("resource") }
        return waits
    }

    func currentTime(_: Empty, _ context: CallContext) async throws -> CurrentTime {
        try await callResource(ResourceContract.currentTime, context)
    }

    func epochTime(_: Empty, _ context: CallContext) async throws -> EpochTime {
        try await callResource(ResourceContract.epochTime, context)
    }

    func clock(_: Empty, _ context: CallContext) async throws -> WebAppContract.Clock {
        let time = try await callResource(ResourceContract.currentTime, context)
        return WebAppContract.Clock(
            currentTime: time.currentTime, link: resourceRoute.link,
            microseconds: CallTrace.current?.spans.last?.microseconds ?? 0)
    }

    func calls(_: Empty, _ context: CallContext) async -> WebAppContract.RecentCalls {
        WebAppContract.RecentCalls(calls: history.latest)
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }

    private func callResource<Output>(
        _ endpoint: Endpoint<Empty, Output>, _ context: CallContext
    ) async throws(Problem) -> Output {
        if let token = context.token { return try await resource.call(endpoint, in: context, token: token) }
        let token = try await guestToken()
        do {
            return try await resource.call(endpoint, in: context, token: token)
        } catch  where error.status == 401 {
            // Auth has new keys: the guest's token is one of the old ones, unless another call has renewed it already.
            if guest?.token == token { guest = nil }
            return try await resource.call(endpoint, in: context, token: guestToken())
        }
    }

    /// A guest's token. The next one is requested in time, so that nobody waits for auth, nor notices that it is away,
    /// before the last one has ended.
    func guestToken() async throws(Problem) -> String {
        let now = clock()
        if let guest, guest.renewal > now { return guest.token }
        let guestTokenTask = guestTokenTask ?? Task { await freshToken() }
        self.guestTokenTask = guestTokenTask
        if let guest, guest.end > now { return guest.token }
        return try await guestTokenTask.value.get().token
    }

    /// It serves many calls, so neither the trace nor the time of the one that came first is its own.
    private func freshToken() async -> Result<GuestToken, Problem> {
        defer { guestTokenTask = nil }
        do throws(Problem) {
            let grant = try await auth.call(AuthContract.create, .guest, timeout: Self.timeout)
            let fresh = GuestToken(grant.token, for: .seconds(grant.expiresIn), from: clock())
            guest = fresh
            return .success(fresh)
        } catch {
            guest?.retry(at: clock() + Self.retryPause)
            return .failure(error)
        }
    }

    /// The timeout of a request for a guest's token.
    private static let timeout = Duration.seconds(1)
    /// The pause before the next request if auth has returned no token, and the last one is still good.
    private static let retryPause = Duration.seconds(1)
}

extension WebAppService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(WebAppContract.currentTime, with: currentTime)
            handle(WebAppContract.epochTime, with: epochTime)
            handle(WebAppContract.clock, with: clock)
            handle(WebAppContract.signIn, with: forwarded(AuthContract.create))
            handle(WebAppContract.refresh, with: forwarded(AuthContract.refresh))
            handle(WebAppContract.signOut, with: forwarded(AuthContract.revoke))
            handle(WebAppContract.session, with: session)
            handle(WebAppContract.services, with: services)
            handle(WebAppContract.calls, with: calls)
            handle(WebAppContract.compare, with: compare)
            handle(WebAppContract.comparison, with: comparison)
            handle(WebAppContract.listUsers, with: forwarded(AuthContract.listUsers))
            handle(WebAppContract.addUser, with: forwarded(AuthContract.addUser))
            handle(WebAppContract.setPermissions, with: forwarded(AuthContract.setPermissions))
            handle(WebAppContract.lockUser, with: forwarded(AuthContract.lockUser))
            handle(WebAppContract.unlockUser, with: forwarded(AuthContract.unlockUser))
            handle(WebAppContract.removeUser, with: forwarded(AuthContract.removeUser))
            handle(Smoke.endpoint, with: smoke)
        }
    }
}

/// A token that is used until its end, and renewed from half of its time on.
struct GuestToken {
    let token: String
    let end: ContinuousClock.Instant
    private(set) var renewal: ContinuousClock.Instant

    init(_ token: String, for lifetime: Duration, from start: ContinuousClock.Instant) {
        self.token = token
        end = start + lifetime
        renewal = start + lifetime / 2
    }

    mutating func retry(at instant: ContinuousClock.Instant) { renewal = min(instant, end) }
}

// What webapp does for itself, and for no visitor.
extension WebAppService {
    /// The id of webapp's client at auth.
    public static let client = "webapp"
    /// The permissions of that client.
    public static let clientPermissions: Set<String> = ["time"]

    /// A token of webapp's own; a guest's if it has no client.
    func ownToken() async throws(Problem) -> String {
        guard let clientSecret else { return try await guestToken() }
        if let ownToken, ownToken.renewal > clock() { return ownToken.token }
        var request = TokenRequest("client_credentials")
        (request.clientID, request.clientSecret) = (Self.client, clientSecret)
        do {
            let response = try await auth.call(AuthContract.token, request)
            ownToken = GuestToken(response.accessToken, for: .seconds(response.expiresIn), from: clock())
            return response.accessToken
        } catch {
            guard let ownToken, ownToken.end > clock() else { throw error }
            return ownToken.token
        }
    }
}

extension WebAppService {
    func session(_: Empty, _ context: CallContext) async throws -> WebAppContract.Session {
        guard let principal = context.principal else { throw Problem(.tokenMissing, "There is no token.") }
        return WebAppContract.Session(user: principal.username, permissions: principal.permissions.sorted())
    }

    /// Forwards a visitor's call to auth, with the visitor's own token: webapp has no rights there. It is stored
    /// nowhere.
    nonisolated func forwarded<Input, Output>(
        _ endpoint: Endpoint<Input, Output>
    ) -> @Sendable (Input, CallContext) async throws -> Output {
        { input, context in try await self.forward(endpoint, input, context) }
    }

    private func forward<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ input: Input, _ context: CallContext
    ) async throws -> Output {
        try await auth.call(endpoint, input, in: context, token: context.token)
    }
}
