import Contracts
import Endpoints
import RPC

extension WebAppService {
    func session(_: Empty, _ context: CallContext) async throws -> WebAppContract.Session {
        guard let principal = context.principal else { throw Problem(.tokenMissing, "There is no token.") }
        return WebAppContract.Session(user: principal.username, permissions: principal.permissions.sorted())
    }

    /// An answer of auth's to what the visitor says, with the visitor's own token: webapp has no rights there. What is said
    /// is kept nowhere.
    nonisolated func passedOn<Input, Output>(
        _ endpoint: Endpoint<Input, Output>
    ) -> @Sendable (Input, CallContext) async throws -> Output {
        { input, context in try await self.passOn(endpoint, input, context) }
    }

    private func passOn<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ input: Input, _ context: CallContext
    ) async throws -> Output {
        try await auth.call(endpoint, input, in: context, token: context.token)
    }
}
