import CMalloc
import Dispatch
import Synchronization

/// The memory for request bodies that come in several parts, over all connections of a front.
///
/// A body that comes with its head needs none of it: small requests are answered however much others leave unfinished.
final class BodyBudget: Sendable {
    private struct State {
        var used = 0
        /// The most that was used since memory was last given back to the system.
        var peak = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// The least that is worth looking for memory to give back, in bytes.
    private static let worthReleasing = 8 << 20
    /// The time in which memory that is not used any more is freed.
    private static let releaseDelay = DispatchTimeInterval.seconds(1)

    /// - Parameter limit: bytes of memory. One body, of any size, always finds room.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes in use.
    var used: Int { state.withLock { $0.used } }

    /// Changes the share of one body.
    ///
    /// - Returns: false if there is no room for it; then its share is as it was.
    func resize(from old: Int, to new: Int) -> Bool {
        let (hasRoom, isWorthReleasing) = state.withLock { state in
            let others = state.used - old
            guard new <= old || others == 0 || others + new <= limit else { return (false, false) }
            state.used = others + new
            state.peak = max(state.peak, state.used)
            guard state.peak >= Self.worthReleasing, state.used <= state.peak / 8 else { return (true, false) }
            state.peak = state.used
            return (true, true)
        }
        if isWorthReleasing { Self.releaseMemory() }
        return hasRoom
    }

    /// Gives the memory that was freed back to the system: glibc keeps it for the next time, in each thread's heap.
    private static func releaseMemory() {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + releaseDelay) { malloc_trim(0) }
    }
}
