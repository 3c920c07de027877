public import Endpoints
import Foundation
public import RPC

/// Accepts tokens that list their permissions, `good` or `good:time:users`, as those of the user `ada`: for tests of services
/// without an issuer.
///
/// Asked to confirm a permission, it refuses a token that lists `revoked` or `taken`, and does not reply in time for one that
/// lists `silent`.
public struct FakeVerifier: TokenVerifier {
    public init() {}

    public func verify(_ token: String) async throws(Problem) -> Principal {
        guard token.hasPrefix("good") else { throw Problem(.tokenInvalid, "The token is not valid.") }
        let permissions = Set(token.split(separator: ":").dropFirst().map(String.init))
        return Principal(subject: "ada", permissions: permissions, tokenID: "1", expires: .distantFuture)
    }

    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        guard let found = context.principal?.permissions else { throw Problem(.tokenMissing, "There is no token.") }
        if found.contains("revoked") { throw Problem(.tokenInvalid, "The token is not valid.") }
        if found.contains("taken") { throw Problem(.permissionDenied, "“\(permission)” was taken away.") }
        if found.contains("silent") { try? await Task.sleep(for: .seconds(60)) }
    }
}
