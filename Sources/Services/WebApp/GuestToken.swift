import Contracts

/// A token that is used again until half of its time is over.
struct GuestToken {
    let token: String
    let renewal: ContinuousClock.Instant

    init(_ access: TokenGrant) {
        token = access.token
        renewal = .now + .seconds(access.expiresIn) / 2
    }

    init(_ response: TokenResponse) {
        token = response.accessToken
        renewal = .now + .seconds(response.expiresIn) / 2
    }
}
