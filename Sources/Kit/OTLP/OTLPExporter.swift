import AsyncHTTPClient
import Background
import Foundation
import Gzip
public import Logging
public import Metrics
import NIOCore
import NIOHTTP1
import RPC
import Synchronization

/// Sends the spans of an ``OTLPTracer`` to a collector, in batches, over HTTP.
///
/// No call waits for it. At most 2048 spans are kept; a batch of up to 512 is sent every five seconds, or as soon as it is
/// full, and up to five times within 30 seconds, unless ``OTLPBatching`` says otherwise. Spans that cannot be kept or sent are
/// dropped and counted.
public final class OTLPExporter: Sendable {
    let queue: SpanQueue
    private let endpoint: OTLPEndpoint
    private let resource: [String: String]
    private let batching: OTLPBatching
    private let pace: Pace
    private let logger: Logger
    private let client: HTTPClient
    private let isFailing = Atomic(false)
    private let exported: Counter
    private let failed: Counter

    /// The times between attempts.
    struct Pace {
        /// The pause before the second attempt; it doubles before each that follows.
        var retry = Duration.seconds(1)
        var attempts = 5
        /// The time that the last spans have when the exporter is closed.
        var shutdownTimeout = Duration.seconds(2)
    }

    /// - Parameters:
    ///   - resource: describes this process; `service.name` should be there.
    ///   - batching: how many spans are kept, and when they are sent.
    ///   - logger: gets a warning when a batch is dropped, once until one arrives.
    public convenience init(
        to endpoint: OTLPEndpoint, resource: [String: String], batching: OTLPBatching = OTLPBatching(), logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(
            to: endpoint, resource: resource, batching: batching, logger: logger, factory: factory, pace: Pace())
    }

    init(
        to endpoint: OTLPEndpoint, resource: [String: String], batching: OTLPBatching, logger: Logger,
        factory: any MetricsFactory, pace: Pace
    ) {
        queue = SpanQueue(batching, dropped: Self.dropped(because: "queue_full", factory))
        exported = Counter(label: "otel_spans_exported_total", factory: factory)
        failed = Self.dropped(because: "export_failed", factory)
        self.endpoint = endpoint
        self.resource = resource
        self.batching = batching
        self.pace = pace
        self.logger = logger
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: endpoint.certificates.configuration, redirectConfiguration: .disallow)
        // The requests that send spans make no spans.
        configuration.tracing.tracer = nil
        client = HTTPClient(configuration: configuration)
    }

    /// The metrics, each with its description.
    public static let help = [
        "otel_spans_exported_total": "Spans that the collector has taken.",
        "otel_spans_dropped_total": "Spans that were not sent, by reason.",
    ]

    private static func dropped(because reason: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: "otel_spans_dropped_total", dimensions: [("reason", reason)], factory: factory)
    }

    /// Sends batches until its task is cancelled. ``close()`` sends the rest.
    public func run() async {
        while !Task.isCancelled {
            await queue.wait(atMost: batching.delay)
            while !Task.isCancelled, case let batch = queue.next(), !batch.isEmpty { await send(batch) }
        }
    }

    /// Sends the rest within two seconds, and closes the connections.
    public func close() async {
        let end = ContinuousClock.now + pace.shutdownTimeout
        while case let batch = queue.next(), !batch.isEmpty {
            let time = min(ContinuousClock.now.duration(to: end), endpoint.timeout)
            settle(batch, time > .zero ? await post(batch, within: time) : .failed("the process ends"))
        }
        try? await client.shutdown()
    }

    private enum Outcome {
        case taken
        case refused(String)
        /// Another attempt may help, after a pause if the collector names one.
        case failed(String, pause: Duration? = nil)
    }

    private func send(_ batch: [EndedSpan]) async {
        let end = ContinuousClock.now + batching.exportTimeout
        var backoff = Backoff(initial: pace.retry, max: batching.exportTimeout, jitter: 1...1)
        for attempt in 1...pace.attempts {
            let outcome = await post(batch, within: min(endpoint.timeout, ContinuousClock.now.duration(to: end)))
            guard case .failed(_, let asked) = outcome, attempt < pace.attempts || Task.isCancelled else {
                return settle(batch, outcome)
            }
            let pause = backoff.next()
            let wait = asked ?? pause
            guard Task.isCancelled || ContinuousClock.now + wait < end else { return settle(batch, outcome) }
            // close() makes the last attempt.
            guard (try? await Task.sleep(for: wait)) != nil else { return queue.putBack(batch) }
        }
    }

    private func settle(_ batch: [EndedSpan], _ outcome: Outcome) {
        switch outcome {
        case .taken:
            exported.increment(by: batch.count)
            isFailing.store(false, ordering: .relaxed)
        case .refused(let reason), .failed(let reason, _):
            failed.increment(by: batch.count)
            guard !isFailing.exchange(true, ordering: .relaxed) else { return }
            // Some collectors have a key in the path.
            let host = URL(string: endpoint.url)?.host() ?? ""
            logger.warning("Spans are dropped", metadata: ["reason": "\(reason)", "collector": "\(host)"])
        }
    }

    private func post(_ batch: [EndedSpan], within time: Duration) async -> Outcome {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: endpoint.encoding.contentType)
        for (name, value) in endpoint.headers { request.headers.add(name: name, value: value) }
        let body = encoded(Message(batch, from: resource))
        if endpoint.compression == .gzip, let compressed = Gzip.compress(body, isKept: false) {
            request.headers.add(name: "content-encoding", value: "gzip")
            request.body = .bytes(compressed)
        } else {
            request.body = .bytes(body)
        }
        do {
            return outcome(of: try await exchange(request, within: time))
        } catch is CancellationError where !Task.isCancelled {
            return .failed(FailureReason.words(for: HTTPClientError.deadlineExceeded))
        } catch {
            return .failed(FailureReason.words(for: error))
        }
    }

    /// The client's own timeout covers the head only, so the task is cancelled as well.
    private func exchange(_ request: HTTPClientRequest, within time: Duration) async throws -> HTTPClientResponse {
        let exchange = Task.immediate {
            let response = try await client.execute(request, timeout: TimeAmount(time))
            // The rest of the answer must be read, so that the connection can be used again.
            _ = try await response.body.collect(upTo: 1 << 20)
            // A cancelled body ends early, and without an error.
            try Task.checkCancellation()
            return response
        }
        let timer = TimerQueue.shared.schedule(at: .now + time) { exchange.cancel() }
        defer { TimerQueue.shared.cancel(timer) }
        return try await withTaskCancellationHandler {
            try await exchange.value
        } onCancel: {
            exchange.cancel()
        }
    }

    private func encoded(_ message: Message) -> ByteBuffer {
        switch endpoint.encoding {
        case .protobuf: ByteBuffer(bytes: message.protobuf)
        case .json: ByteBuffer(bytes: message.json)
        }
    }

    /// By OTLP's rules: 429, 502, 503 and 504 may be tried again, all else may not.
    private func outcome(of response: HTTPClientResponse) -> Outcome {
        switch response.status.code {
        case 200..<300: return .taken
        case 429, 502, 503, 504:
            let pause = response.headers.first(name: "retry-after").flatMap { Duration(retryAfter: $0) }
            return .failed(
                "the collector replies with the status \(response.status.code)",
                pause: pause.map { min($0, .seconds(60)) })
        default: return .refused("the collector refuses them with the status \(response.status.code)")
        }
    }
}
