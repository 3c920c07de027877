public import Contracts
import Endpoints
public import RPC

/// Tells visitors the time, which it asks of resource, with their own token or with a guest's from auth.
public actor WebAppService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let auth: Client<AuthContract>
    private let resource: Client<ResourceContract>
    private var guest: GuestToken?
    /// Asks auth for a guest's token; whoever else needs one meanwhile waits for the same.
    private var flight: Task<Result<GuestToken, Problem>, Never>?

    public init(executor: ServiceExecutor, auth: Client<AuthContract>, resource: Client<ResourceContract>) {
        self.executor = executor
        self.auth = auth
        self.resource = resource
    }

    public func waitsFor() async -> [String] {
        var waits: [String] = []
        if await !auth.isConnected { waits.append("auth") }
        if await !resource.isConnected { waits.append("resource") }
        return waits
    }

    func currentTime(_: Empty, _ context: CallContext) async throws -> CurrentTime {
        try await ask(ResourceContract.currentTime, context)
    }

    func epochTime(_: Empty, _ context: CallContext) async throws -> EpochTime {
        try await ask(ResourceContract.epochTime, context)
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }

    private func ask<Answer>(
        _ endpoint: Endpoint<Empty, Answer>, _ context: CallContext
    ) async throws(Problem) -> Answer {
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

    /// A guest's token, asked for when the last one has little time left.
    private func guestToken() async throws(Problem) -> String {
        if let guest, guest.renewal > .now { return guest.token }
        let flight = flight ?? Task { await freshToken() }
        self.flight = flight
        return try await flight.value.get().token
    }

    /// It serves many calls, so neither the trace nor the time of the one that came first is its own.
    private func freshToken() async -> Result<GuestToken, Problem> {
        defer { flight = nil }
        do throws(Problem) {
            let fresh = GuestToken(try await auth.call(AuthContract.create, .guest, timeout: Self.patience))
            guest = fresh
            return .success(fresh)
        } catch {
            return .failure(error)
        }
    }

    /// For how long auth may think about a guest's token.
    private static let patience = Duration.seconds(1)
}

/// A token that is used again until half of its time is over.
private struct GuestToken {
    let token: String
    let renewal: ContinuousClock.Instant

    init(_ access: TokenGrant) {
        token = access.token
        renewal = .now + .seconds(access.expiresIn) / 2
    }
}
