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
        do {
            return try await resource.call(endpoint, in: context, token: guestToken(context))
        } catch  where error.status == 401 {
            // Auth has new keys: the guest's token is one of the old ones.
            guest = nil
            return try await resource.call(endpoint, in: context, token: guestToken(context))
        }
    }

    /// A guest's token, asked for when the last one has little time left.
    private func guestToken(_ context: CallContext) async throws(Problem) -> String {
        if let guest, guest.renewal > .now { return guest.token }
        let fresh = GuestToken(try await auth.call(AuthContract.create, .guest, in: context))
        guest = fresh
        return fresh.token
    }
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
