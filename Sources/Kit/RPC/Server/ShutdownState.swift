import Synchronization

/// The progress of a service towards its end. It never turns back.
final class ShutdownState: Sendable {
    private enum Phase: UInt8, AtomicRepresentable {
        case serving, draining, stopping
    }

    private let phase = Atomic(Phase.serving)

    /// True if the service has been asked to stop.
    var isEnding: Bool { phase.load(ordering: .relaxed) != .serving }

    /// True if it takes no more calls.
    var isStopping: Bool { phase.load(ordering: .relaxed) == .stopping }

    func drain() {
        _ = phase.compareExchange(expected: .serving, desired: .draining, ordering: .relaxed)
    }

    func stop() { phase.store(.stopping, ordering: .relaxed) }
}
