import AsyncHTTPClient
import Foundation
public import Logging
public import Metrics
import NIOCore
import NIOHTTP1
import Synchronization

/// The place that spans are sent to, and how.
public struct OTLPEndpoint: Sendable, Equatable {
    /// The encodings of OTLP over HTTP.
    public enum Encoding: String, Sendable, CaseIterable {
        case protobuf = "http/protobuf"
        case json = "http/json"

        var contentType: String {
            switch self {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            }
        }
    }

    /// The URL that spans are posted to.
    public var url: String
    /// The form of the messages.
    public var encoding: Encoding
    /// Sent with each request, such as `authorization`.
    public var headers: [String: String]
    /// The time for each request.
    public var timeout: Duration

    /// - Parameter url: the whole URL, such as `http://localhost:4318/v1/traces`.
    public init(
        _ url: String, encoding: Encoding = .protobuf, headers: [String: String] = [:],
        timeout: Duration = .seconds(10)
    ) {
        self.url = url
        self.encoding = encoding
        self.headers = headers
        self.timeout = timeout
    }
}

/// Sends the spans of an ``OTLPTracer`` to a collector, in batches, over HTTP.
///
/// No call waits for it. At most 2048 spans are kept; a batch of up to 512 is sent every five seconds, or as soon as it is
/// full, and up to five times. Spans that cannot be kept or sent are dropped and counted.
public final class OTLPExporter: Sendable {
    let queue: SpanQueue
    private let endpoint: OTLPEndpoint
    private let resource: [String: String]
    private let pace: Pace
    private let logger: Logger
    private let client: HTTPClient
    private let isFailing = Atomic(false)
    private let exported: Counter
    private let failed: Counter

    /// The times between batches, and between attempts.
    struct Pace {
        var batches = Duration.seconds(5)
        /// The pause before the second attempt; it doubles before each that follows.
        var retry = Duration.seconds(1)
        var attempts = 5
        /// The time that the last spans have when the exporter is closed.
        var farewell = Duration.seconds(2)
    }

    /// - Parameters:
    ///   - resource: describes this process; `service.name` should be there.
    ///   - logger: gets a warning when a batch is dropped, once until one arrives.
    public convenience init(
        to endpoint: OTLPEndpoint, resource: [String: String], logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(to: endpoint, resource: resource, logger: logger, factory: factory, pace: Pace())
    }

    init(
        to endpoint: OTLPEndpoint, resource: [String: String], logger: Logger, factory: any MetricsFactory, pace: Pace
    ) {
        queue = SpanQueue(dropped: Self.dropped(because: "queue_full", factory))
        exported = Counter(label: "otel_spans_exported_total", factory: factory)
        failed = Self.dropped(because: "export_failed", factory)
        self.endpoint = endpoint
        self.resource = resource
        self.pace = pace
        self.logger = logger
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
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
            await queue.wait(atMost: pace.batches)
            while !Task.isCancelled, case let batch = queue.next(), !batch.isEmpty { await send(batch) }
        }
    }

    /// Sends the rest within two seconds, and closes the connections.
    public func close() async {
        let end = ContinuousClock.now + pace.farewell
        while case let batch = queue.next(), !batch.isEmpty {
            let time = ContinuousClock.now.duration(to: end)
            settle(
                batch, time > .zero ? await post(batch, within: min(time, endpoint.timeout)) : .failed("no time left"))
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
        var pause = pace.retry
        for attempt in 1...pace.attempts {
            let outcome = await post(batch, within: endpoint.timeout)
            guard case .failed(_, let asked) = outcome, attempt < pace.attempts || Task.isCancelled else {
                return settle(batch, outcome)
            }
            // close() makes the last attempt.
            guard (try? await Task.sleep(for: asked ?? pause)) != nil else { return queue.putBack(batch) }
            pause *= 2
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
            logger.warning("Spans are dropped", metadata: ["error": "\(reason)", "collector": "\(host)"])
        }
    }

    private func post(_ batch: [EndedSpan], within time: Duration) async -> Outcome {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: endpoint.encoding.contentType)
        for (name, value) in endpoint.headers { request.headers.add(name: name, value: value) }
        let message = Message(batch, from: resource)
        request.body =
            switch endpoint.encoding {
            case .protobuf: .bytes(message.protobuf)
            case .json: .bytes(message.json)
            }
        do {
            let response = try await client.execute(request, timeout: TimeAmount(time))
            // The rest of the answer must be read, so that the connection can be used again.
            _ = try await response.body.collect(upTo: 1 << 20)
            return outcome(of: response)
        } catch {
            return .failed(String(describing: error))
        }
    }

    /// By OTLP's rules: 429, 502, 503 and 504 may be tried again, all else may not.
    private func outcome(of response: HTTPClientResponse) -> Outcome {
        switch response.status.code {
        case 200..<300: return .taken
        case 429, 502, 503, 504:
            let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
            return .failed("status \(response.status.code)", pause: seconds.map { .seconds(min(max($0, 0), 60)) })
        default: return .refused("status \(response.status.code)")
        }
    }
}
