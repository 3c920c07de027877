import Endpoints

/// The limits on requests for tokens and passwords: by account, for who guesses at one user's password from many
/// places, and by address, for who guesses at many users' from one.
struct GrantRateLimiter {
    /// The purpose of a call. Each has its own bucket at an account, so that who guesses at a user's password does not
    /// keep the user from refreshing.
    enum GrantKind: String {
        case create, refresh, password
    }

    /// The attempts of an address; a secret is a refresh token or a client's. Each has its own bucket, so that guests
    /// do not use up the logins.
    enum Attempt: String {
        case guest, password, secret
    }

    /// Those of an account from one address, so that who guesses somewhere does not keep the user out everywhere.
    private var accounts: RateLimiter
    /// Those of an account from all addresses together.
    private var accountsEverywhere: RateLimiter
    private var addresses: RateLimiter

    /// From how many addresses an account may be used up before it is so everywhere.
    private static let places = 6

    init(_ rules: AuthPolicy) {
        accounts = RateLimiter(perMinute: rules.perAccount)
        accountsEverywhere = RateLimiter(perMinute: rules.perAccount * Self.places)
        addresses = RateLimiter(perMinute: rules.perAddress)
    }

    /// - Parameter origin: `nil` if a trusted service calls for itself, which has no limit.
    mutating func count(
        _ attempt: Attempt, from origin: String?, at now: ContinuousClock.Instant = .now
    ) throws(Problem) {
        guard let origin, let pause = addresses.consume(Self.key(attempt, origin), at: now) else { return }
        throw Self.problem("Too many calls have come from this address.", pause)
    }

    /// Takes back a count of what has turned out to be no guess.
    mutating func forgive(_ attempt: Attempt, from origin: String?) {
        if let origin { addresses.release(Self.key(attempt, origin)) }
    }

    private static func key(_ attempt: Attempt, _ origin: String) -> String {
        "\(attempt.rawValue) \(network(origin))"
    }

    /// - Parameter isKnown: true if the user has logged in from there before: then only what comes from there counts.
    mutating func count(
        _ kind: GrantKind, of source: Lockouts.LoginSource, isKnown: Bool, at now: ContinuousClock.Instant = .now
    ) throws(Problem) {
        var pause = accounts.consume("\(kind.rawValue) \(source.here)", at: now)
        if pause == nil, !isKnown { pause = accountsEverywhere.consume("\(kind.rawValue) \(source.user)", at: now) }
        if let pause { throw Self.problem("Too many calls have come for this user.", pause) }
    }

    private static let mapped = "::ffff:"

    /// A network of 2⁶⁴ addresses of IPv6 counts as one: who has one of them has all. An address of IPv4 is itself,
    /// also if a socket of IPv6 calls it `::ffff:192.0.2.1` (RFC 4291, section 2.5.5.2).
    static func network(_ address: String) -> String {
        if address.contains("."), address.lowercased().hasPrefix(mapped) {
            return String(address.dropFirst(mapped.count).prefix(64))
        }
        guard address.contains(":") else { return String(address.prefix(64)) }
        let halves = address.components(split: "::")
        let (head, tail) = (halves[0], halves.count > 1 ? halves[1] : [])
        let zeros = halves.count > 1 ? Array(repeating: "0", count: max(0, 8 - head.count - tail.count)) : []
        return (head + zeros + tail).prefix(4).joined(separator: ":").prefix(64) + "::/64"
    }

    private static func problem(_ detail: String, _ pause: Duration) -> Problem {
        Problem(.tooManyRequests, detail, retryAfter: pause, isUnprocessed: true)
    }
}

extension String {
    /// The groups of an address of IPv6, before and after the zeros that are left out.
    fileprivate func components(split separator: String) -> [[String]] {
        guard let range = firstRange(of: separator) else { return [groups(self[...])] }
        return [groups(self[..<range.lowerBound]), groups(self[range.upperBound...])]
    }

    private func groups(_ text: Substring) -> [String] { text.split(separator: ":").map { $0.lowercased() } }
}
