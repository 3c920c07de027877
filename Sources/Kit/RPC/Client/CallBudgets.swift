/// Bounds retries to a tenth of the calls and three a second, so that they do not add to an overload (as Finagle's
/// budget).
struct RetryBudget {
    static let share = 0.1
    static let perSecond = 3.0
    /// The most that may be saved up, as of a thousand calls: a replica that fails takes all its calls in flight with
    /// it.
    static let maxTokens = 100.0

    private var tokens = maxTokens
    private var last = ContinuousClock.now

    mutating func deposit() { tokens = min(Self.maxTokens, tokens + Self.share) }

    /// - Returns: true if there may be one more retry.
    mutating func withdraw(at now: ContinuousClock.Instant = .now) -> Bool {
        tokens = min(Self.maxTokens, tokens + last.duration(to: now) / .seconds(1) * Self.perSecond)
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

/// Bounds the calls that find out whether a slow replica has recovered to one in two hundred, so that 99 % of all calls
/// take no longer for it.
struct TrialBudget {
    private static let interval = 200

    private var calls = interval

    mutating func deposit() { calls = min(Self.interval, calls + 1) }

    /// - Returns: true if there may be one more trial.
    mutating func withdraw() -> Bool {
        guard calls >= Self.interval else { return false }
        calls = 0
        return true
    }
}
