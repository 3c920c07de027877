public import Endpoints
import Synchronization

/// Keeps a subscriber up to date: by events, and by a resync if one was missed or none come.
///
/// While the service is reachable, the subscriber knows of a change within a second.
public final class SubscriptionMonitor: Sendable {
    /// The time between two heartbeats of a publisher.
    public static let heartbeatInterval = Duration.milliseconds(250)
    /// The time without a heartbeat after which the subscriber resyncs, once in each interval.
    public static let heartbeatTimeout = Duration.milliseconds(700)

    private static let reportedIntervals = 20

    private let subscriber: any EventSubscriber
    private let heartbeatInterval: Duration
    private let heartbeatTimeout: Duration
    private let lastReceived = Mutex<ContinuousClock.Instant?>(nil)
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// A monitor of a subscriber, with the intervals of all publishers.
    public convenience init(_ subscriber: any EventSubscriber) {
        self.init(subscriber, heartbeatInterval: Self.heartbeatInterval, heartbeatTimeout: Self.heartbeatTimeout)
    }

    init(_ subscriber: any EventSubscriber, heartbeatInterval: Duration, heartbeatTimeout: Duration) {
        self.subscriber = subscriber
        self.heartbeatInterval = heartbeatInterval
        self.heartbeatTimeout = heartbeatTimeout
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// True if a heartbeat of the publisher was received lately.
    public var isListening: Bool {
        lastReceived.withLock { $0.map { $0.duration(to: .now) < heartbeatTimeout } } ?? false
    }

    /// Receives an event. Called on any thread, in the order of arrival.
    public func receive(_ event: Event) {
        lastReceived.withLock { $0 = .now }
        if !subscriber.apply(event) { wakeUp.yield() }
    }

    /// Resyncs when there is a reason to, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - changed: called with `false` once nothing was received for twenty intervals, and with `true` once something is again.
    ///   - failed: called when a resync fails, but not for one failure after the other.
    public func run(
        _ changed: @escaping @Sendable (_ isListening: Bool) -> Void = { _ in },
        failed: @escaping @Sendable (Problem) -> Void = { _ in }
    ) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                var silentIntervals = 0
                while (try? await Task.sleep(for: self.heartbeatInterval)) != nil {
                    if self.isListening {
                        if silentIntervals >= Self.reportedIntervals { changed(true) }
                        silentIntervals = 0
                    } else {
                        silentIntervals += 1
                        if silentIntervals == Self.reportedIntervals { changed(false) }
                        self.wakeUp.yield()
                    }
                }
            }
            // The next event or heartbeat timeout resyncs again.
            var isFailing = false
            for await _ in wakeUps {
                do throws(Problem) {
                    try await subscriber.resync()
                    isFailing = false
                } catch {
                    if !isFailing { failed(error) }
                    isFailing = true
                }
            }
            group.cancelAll()
        }
    }
}
