import DequeModule
import Metrics
import Synchronization

/// Spans that wait to be sent: at most ``limit``, whatever the collector does.
final class SpanQueue: Sendable {
    static let limit = 2048
    /// Spans that are sent at once.
    static let batch = 512

    private let spans = Mutex<Deque<EndedSpan>>([])
    private let wakeUps: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let dropped: Counter

    /// - Parameter dropped: counts the spans for which there was no room.
    init(dropped: Counter) {
        self.dropped = dropped
        (wakeUps, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds a span, or drops and counts it if there is no room.
    func add(_ span: EndedSpan) {
        let count = spans.withLock { spans -> Int? in
            guard spans.count < Self.limit else { return nil }
            spans.append(span)
            return spans.count
        }
        guard let count else { return dropped.increment() }
        if count == Self.batch { wake() }
    }

    /// Takes the oldest spans, a batch at most.
    func next() -> [EndedSpan] {
        spans.withLock { spans in
            let batch = Array(spans.prefix(Self.batch))
            spans.removeFirst(batch.count)
            return batch
        }
    }

    /// Makes a batch the next one again.
    func putBack(_ batch: [EndedSpan]) { spans.withLock { $0.prepend(contentsOf: batch) } }

    func wake() { waker.yield() }

    /// Returns when there is a whole batch, after ``wake()``, or when so much time has passed.
    func wait(atMost time: Duration) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                if (try? await Task.sleep(for: time)) != nil { self.wake() }
            }
            for await _ in wakeUps { break }
            group.cancelAll()
        }
    }
}
