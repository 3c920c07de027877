import Contracts
import Endpoints
import HTTPTransport
import RPC
import ZeroMQ
import ZeroMQTransport

/// Asks a running auth for a token, and a running resource for the time: `asker ADDRESS-OF-AUTH ADDRESS-OF-RESOURCE`, each
/// `ipc://…` or `http://…`.
@main
enum Asker {
    static func main() async throws {
        let addresses = CommandLine.arguments.dropFirst()
        guard let auth = addresses.first, let resource = addresses.dropFirst().first else {
            return print("Usage: asker ADDRESS-OF-AUTH ADDRESS-OF-RESOURCE")
        }
        let token = try await connected(to: auth) { caller in
            try await Client<AuthContract>(caller).call(AuthContract.create, Credentials.guest).token
        }
        let time = try await connected(to: resource) { caller in
            try await Client<ResourceContract>(caller).call(ResourceContract.currentTime, token: token)
        }
        print(time.currentTime)
    }

    /// Runs a closure with a caller, over the transport that an address names.
    static func connected<Result: Sendable>(
        to address: String, _ body: @Sendable (any Caller) async throws -> Result
    ) async throws -> Result {
        if address.hasPrefix("http") { return try await HTTPCaller.connected(to: address, body) }
        return try await ZeroMQCaller.connected(to: Address(address), body)
    }
}
