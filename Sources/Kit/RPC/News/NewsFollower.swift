import Synchronization

/// Keeps a reader up to date: by bulletins as long as they come, and by asking when one was missed or none come.
///
/// While the service can be reached in any way, the reader knows of a change within a second.
public final class NewsFollower: Sendable {
    /// The time between two heartbeats of a publisher.
    public static let beat = Duration.milliseconds(250)
    /// The time without a heartbeat after which the reader asks, once each beat.
    public static let silence = Duration.milliseconds(700)

    private static let reportedBeats = 20

    private let reader: any NewsReader
    private let beat: Duration
    private let silence: Duration
    private let lastHeard = Mutex<ContinuousClock.Instant?>(nil)
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    public convenience init(_ reader: any NewsReader) {
        self.init(reader, beat: Self.beat, silence: Self.silence)
    }

    init(_ reader: any NewsReader, beat: Duration, silence: Duration) {
        self.reader = reader
        self.beat = beat
        self.silence = silence
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// True if a heartbeat of the publisher was received lately.
    public var isListening: Bool {
        lastHeard.withLock { $0.map { $0.duration(to: .now) < silence } } ?? false
    }

    /// A bulletin has come. Called on any thread, in the order in which they come.
    public func heard(_ bulletin: Bulletin) {
        lastHeard.withLock { $0 = .now }
        if !reader.read(bulletin) { wakeUp.yield() }
    }

    /// Asks whenever there is a reason to, until the task is cancelled.
    ///
    /// - Parameter changed: called with `false` once nothing was received for twenty beats, and with `true` once something is
    ///   again.
    public func run(_ changed: @escaping @Sendable (_ isListening: Bool) -> Void = { _ in }) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                var silentBeats = 0
                while (try? await Task.sleep(for: self.beat)) != nil {
                    if self.isListening {
                        if silentBeats >= Self.reportedBeats { changed(true) }
                        silentBeats = 0
                    } else {
                        silentBeats += 1
                        if silentBeats == Self.reportedBeats { changed(false) }
                        self.wakeUp.yield()
                    }
                }
            }
            // A failure needs no answer: the next bulletin, or the silence, is a reason to ask again.
            for await _ in wakeUps { try? await reader.catchUp() }
            group.cancelAll()
        }
    }
}
