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
    /// Shown to visitors. It must be one of the dispatcher's interceptors and observers.
    public nonisolated let history = CallHistory()
    /// Shown for visitors who have no token.
    nonisolated let guestToken: RenewingToken
    /// Shown when webapp acts for itself: that of its client at auth, or the guest's if it has none.
    nonisolated let ownToken: RenewingToken
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
        let auth = auth.recordedClient(of: AuthContract.self)
        self.auth = auth
        self.resource = resource.recordedClient(of: ResourceContract.self)
        resourceRoute = resource
        self.resourceOverHTTP = resourceOverHTTP
        self.monitored = monitored
        guestToken = RenewingToken(clock: clock) { () throws(Problem) in
            let grant = try await auth.call(AuthContract.create, .guest, timeout: .seconds(1))
            return (grant.token, .seconds(grant.expiresIn))
        }
        ownToken =
            clientSecret.map { secret in
                RenewingToken(clock: clock) { () throws(Problem) in
                    let request = TokenRequest.clientCredentials(Self.client, secret: secret)
                    let response = try await auth.call(AuthContract.token, request)
                    return (response.accessToken, .seconds(response.expiresIn))
                }
            } ?? guestToken
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
        let token = try await guestToken.value()
        do {
            return try await resource.call(endpoint, in: context, token: token)
        } catch  where error.status == 401 {
            // Auth has new keys: the guest's token is one of the old ones.
            guestToken.discard(token)
            return try await resource.call(endpoint, in: context, token: guestToken.value())
        }
    }
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

extension WebAppService {
    /// The id of webapp's client at auth.
    public static let client = "webapp"
    /// The permissions of that client.
    public static let clientPermissions: Set<String> = ["time"]
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
