import Contracts
import Endpoints
import RPC

// What webapp does for itself, and for no visitor.
extension WebAppService {
    /// The id of webapp's client at auth.
    public static let client = "webapp"
    /// The permissions of that client.
    public static let clientPermissions: Set<String> = ["time"]

    /// A token of webapp's own; a guest's if it has no client.
    func ownToken() async throws(Problem) -> String {
        guard let clientSecret else { return try await guestToken() }
        if let ownToken, ownToken.renewal > .now { return ownToken.token }
        var request = TokenRequest("client_credentials")
        (request.clientID, request.clientSecret) = (Self.client, clientSecret)
        let fresh = GuestToken(try await auth.call(AuthContract.token, request))
        ownToken = fresh
        return fresh.token
    }
}
