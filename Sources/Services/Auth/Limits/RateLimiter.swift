import Background

/// A limit on how often something may happen, for each of many keys: so many times at once, and as many again in each
/// minute.
///
/// The memory of it is bounded; a bucket that was not used for long is most likely full again.
struct RateLimiter {
    private struct Bucket {
        var level: Double
        var at: ContinuousClock.Instant
        var retries = RetrySchedule()
    }

    private let perMinute: Double
    private var buckets: RecentEntries<String, Bucket>

    /// - Parameters:
    ///   - perMinute: how many times; 0 for no limit.
    ///   - limit: the most keys that are stored.
    init(perMinute: Int, limit: Int = 20_000) {
        self.perMinute = Double(perMinute)
        buckets = RecentEntries(limit: limit)
    }

    var count: Int { buckets.count }

    /// Consumes one of a key's times.
    ///
    /// - Returns: `nil` if there was one left; otherwise after how long there will be, which is later for each
    /// further attempt.
    mutating func consume(_ key: String, at now: ContinuousClock.Instant) -> Duration? {
        guard perMinute > 0 else { return nil }
        var bucket = buckets[key] ?? Bucket(level: perMinute, at: now)
        bucket.level = min(perMinute, bucket.level + (bucket.at.duration(to: now) / .seconds(60)) * perMinute)
        bucket.at = now
        let interval = Duration.seconds(60) / perMinute
        var pause: Duration?
        if bucket.level >= 1 {
            bucket.level -= 1
        } else {
            pause = bucket.retries.next(after: interval * (1 - bucket.level), interval: interval, at: now)
        }
        buckets[key] = bucket
        return pause
    }

    /// Restores one of a key's times.
    mutating func release(_ key: String) {
        guard var bucket = buckets[key] else { return }
        bucket.level = min(perMinute, bucket.level + 1)
        buckets[key] = bucket
    }
}
