import Contracts
import Endpoints
import RPC

extension WebAppService {
    /// What auth says to a visitor's name and password. Neither is kept here.
    func signIn(_ credentials: Credentials, _ context: CallContext) async throws -> TokenGrant {
        try await remembered(context) { trail in
            try await auth.call(AuthContract.create, credentials, in: context, on: trail)
        }
    }

    func session(_: Empty, _ context: CallContext) async throws -> WebAppContract.Session {
        guard let principal = context.principal else { throw Problem(.tokenMissing, "There is no token.") }
        return WebAppContract.Session(user: principal.subject, permissions: principal.permissions.sorted())
    }
}
