import DequeModule
import Metrics
import Synchronization

/// The limits and times of spans on their way: OpenTelemetry's batch processor of spans, with its defaults.
public struct OTLPBatching: Sendable, Equatable {
    /// The time after which a batch is sent that is not full.
    public var delay: Duration
    /// The time for a batch, with all attempts to send it.
    public var exportTimeout: Duration
    /// Spans that are kept until they are sent; one more is dropped.
    public var queueSize: Int
    /// Spans that are sent at once; the queue's size if that is less.
    public var batchSize: Int

    /// The defaults of OpenTelemetry; the parameters are the properties.
    public init(
        delay: Duration = .seconds(5), exportTimeout: Duration = .seconds(30), queueSize: Int = 2048,
        batchSize: Int = 512
    ) {
        self.delay = delay
        self.exportTimeout = exportTimeout
        self.queueSize = queueSize
        self.batchSize = min(batchSize, queueSize)
    }
}

/// Spans that wait to be sent: a limited number, whatever the collector does.
final class SpanQueue: Sendable {
    private let batching: OTLPBatching
    private let spans = Mutex<Deque<EndedSpan>>([])
    private let wakeUps: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let dropped: Counter

    /// - Parameter dropped: counts the spans for which there was no room.
    init(_ batching: OTLPBatching = OTLPBatching(), dropped: Counter) {
        self.batching = batching
        self.dropped = dropped
        (wakeUps, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds a span, or drops and counts it if there is no room.
    func add(_ span: EndedSpan) {
        let count = spans.withLock { spans -> Int? in
            guard spans.count < batching.queueSize else { return nil }
            spans.append(span)
            return spans.count
        }
        guard let count else { return dropped.increment() }
        if count == batching.batchSize { wake() }
    }

    /// Takes the oldest spans, a batch at most.
    func next() -> [EndedSpan] {
        spans.withLock { spans in
            let batch = Array(spans.prefix(batching.batchSize))
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
