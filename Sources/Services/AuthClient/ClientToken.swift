import Contracts
public import Endpoints
public import RPC

/// The token of a program that calls others for itself, and for no caller of its own: auth makes it for an OAuth client, which
/// `star clients add NAME --permission PERMISSION` adds.
///
/// ```swift
/// let own = ClientToken(try await host.caller(to: AuthContract.description), client: "bills", secret: secret)
/// let orders = try await orders.call(OrdersContract.list, OrderFilter(), token: own.value())
/// ```
public actor ClientToken {
    private let auth: Client<AuthContract>
    private let client: String
    private let secret: String
    private var kept: (token: String, renewal: ContinuousClock.Instant, end: ContinuousClock.Instant)?
    /// The request that all wait for who need a token meanwhile.
    private var request: Task<Result<String, Problem>, Never>?

    /// - Parameters:
    ///   - caller: reaches auth.
    ///   - client: the id of the client.
    ///   - secret: the secret that auth has made for it.
    public init(_ caller: any Caller, client: String, secret: String) {
        auth = Client(caller)
        self.client = client
        self.secret = secret
    }

    /// The token. The next one is requested once half of its time is over, so that nobody waits for auth, nor notices that it is
    /// away, before the last one has ended.
    ///
    /// - Throws: auth's ``Problem`` if there is no valid token: `invalid_client` for a wrong secret.
    public func value() async throws(Problem) -> String {
        let now = ContinuousClock.now
        if let kept, kept.renewal > now { return kept.token }
        let request = request ?? Task { await fetch() }
        self.request = request
        if let kept, kept.end > now { return kept.token }
        return try await request.value.get()
    }

    private func fetch() async -> Result<String, Problem> {
        defer { request = nil }
        var question = TokenRequest("client_credentials")
        (question.clientID, question.clientSecret) = (client, secret)
        do throws(Problem) {
            let start = ContinuousClock.now
            let response = try await auth.call(AuthContract.token, question)
            let lifetime = Duration.seconds(response.expiresIn)
            kept = (response.accessToken, start + lifetime / 2, start + lifetime)
            return .success(response.accessToken)
        } catch {
            kept?.renewal = .now + Self.retryPause
            return .failure(error)
        }
    }

    /// The pause before the next request if auth has returned no token, and the last one is still good.
    private static let retryPause = Duration.seconds(1)
}
