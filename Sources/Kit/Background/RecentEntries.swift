/// A bounded dictionary of what was used lately.
///
/// Two generations: when the young one is full it becomes the old one, and the old one is dropped at once. What is used comes
/// back into the young one, so that what goes has not been used for a while.
public struct RecentEntries<Key: Hashable, Value> {
    @usableFromInline let generationLimit: Int
    @usableFromInline var young: [Key: Value] = [:]
    @usableFromInline var old: [Key: Value] = [:]

    /// - Parameter limit: the maximum number of entries, at least 2.
    public init(limit: Int) {
        generationLimit = limit / 2
    }

    /// The number of entries.
    public var count: Int { young.count + old.count }

    /// The value of a key; reading it does not count as its use.
    @inlinable
    public subscript(key: Key) -> Value? {
        get { young[key] ?? old[key] }
        set {
            old[key] = nil
            if let newValue { insert(newValue, for: key) } else { young[key] = nil }
        }
    }

    /// Returns the value of a key, and keeps it for longer.
    @inlinable
    public mutating func use(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    /// Removes the entries whose values fulfil a condition. It visits all.
    public mutating func remove(where isGone: (Value) -> Bool) {
        young = young.filter { !isGone($0.value) }
        old = old.filter { !isGone($0.value) }
    }

    /// Removes all entries.
    public mutating func removeAll() {
        young = [:]
        old = [:]
    }

    @inlinable
    mutating func insert(_ value: Value, for key: Key) {
        if young.count >= generationLimit, young[key] == nil {
            old = young
            young = [:]
        }
        young[key] = value
    }
}

extension RecentEntries: Sendable where Key: Sendable, Value: Sendable {}
