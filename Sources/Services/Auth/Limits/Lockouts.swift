import Background
import Endpoints

/// Locks out, for a while, only those who guess at a user's password.
///
/// A lockout holds for the place that the guesses come from: at an address from which the user has logged in or refreshed before,
/// that address alone; at all others, all of them together. So who knows a name cannot lock its owner out, and who
/// guesses from many addresses gains nothing by it. Names that no user has are treated alike.
struct Lockouts {
    private struct Guesses {
        /// Wrong passwords since the last right one.
        var failures = 0
        var end: ContinuousClock.Instant?
    }

    private let limit: Int
    private let period: Duration
    /// The addresses from which users have logged in.
    private var known = RecentEntries<String, Void>(limit: 20_000)
    private var trials = RecentEntries<String, Guesses>(limit: 20_000)

    /// - Parameters:
    ///   - limit: after how many wrong passwords in a row a lockout begins.
    ///   - period: how long it lasts. The next wrong password after it begins another.
    init(after limit: Int, for period: Duration) {
        self.limit = limit
        self.period = period
    }

    /// True if the user has logged in or refreshed from there before.
    func isKnown(_ source: LoginSource) -> Bool { known[source.here] != nil }

    /// - Throws: ``Problem/Kind/tooManyRequests`` during a lockout.
    func check(_ source: LoginSource, at now: ContinuousClock.Instant = .now) throws(Problem) {
        guard let end = trials[key(source)]?.end, end > now else { return }
        throw Problem(
            .tooManyRequests, "Too many wrong passwords have come for this user; those who try now are not let in.",
            retryAfter: now.duration(to: end), isUnprocessed: true)
    }

    /// Records a wrong password.
    ///
    /// - Parameter total: how many in a row the store knows of, which other processes count too.
    /// - Returns: true if a lockout begins with it.
    mutating func fail(_ source: LoginSource, total: Int = 0, at now: ContinuousClock.Instant = .now) -> Bool {
        var trial = trials[key(source)] ?? Guesses()
        let wasOut = trial.end.map { $0 > now } ?? false
        if total == 0 { trial.failures += 1 }
        if !isKnown(source) { trial.failures = max(trial.failures, total) }
        if trial.failures >= limit { trial.end = now + period }
        trials[key(source)] = trial
        return trial.end != nil && !wasOut
    }

    /// Records a right password.
    mutating func succeed(_ source: LoginSource) {
        trials[key(source)] = nil
        recordKnown(source)
    }

    /// Records an address from which the user has logged in.
    mutating func recordKnown(_ source: LoginSource) { known[source.here] = () }

    /// Forgets the wrong passwords for a user from all addresses that are not known, as an administrator may.
    mutating func forgive(_ user: String) { trials[user] = nil }

    private func key(_ source: LoginSource) -> String { isKnown(source) ? source.here : source.user }

    /// A user, and the network that somebody calls from who claims to be it.
    struct LoginSource {
        let user: String
        /// Both; names hold no space.
        let here: String

        /// - Parameter origin: `nil` for a trusted service that calls for itself.
        init(_ user: String, from origin: String?) {
            self.user = user
            here = "\(user) \(origin.map(GrantRateLimiter.network) ?? "")"
        }
    }
}
