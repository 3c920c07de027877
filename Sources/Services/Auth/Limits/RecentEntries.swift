/// A bounded dictionary of what was used lately.
///
/// Two generations: when the young one is full it becomes the old one, and the old one is dropped. What is used comes back
/// into the young one, so that what goes has not been used for a while.
struct RecentEntries<Value> {
    private let generationLimit: Int
    private var young: [String: Value] = [:]
    private var old: [String: Value] = [:]

    /// - Parameter limit: how many there are at most.
    init(limit: Int = 20_000) {
        generationLimit = limit / 2
    }

    var count: Int { young.count + old.count }

    subscript(key: String) -> Value? {
        get { young[key] ?? old[key] }
        set {
            old[key] = nil
            if newValue != nil, young.count >= generationLimit, young[key] == nil {
                old = young
                young = [:]
            }
            young[key] = newValue
        }
    }
}
