import NIOCore
import NIOHTTP1
import NIOPosix
public import NIOSSL
import Synchronization

/// A stand-in for a collector of OpenTelemetry: keeps what it is sent.
public final class Collector: Sendable {
    /// A request as it came.
    public struct Request: Sendable {
        public let path: String
        public let headers: [String: String]
        public let body: [UInt8]
    }

    private let channel: any Channel
    private let received: AsyncStream<Request>

    /// The base of its URLs.
    public let url: String

    /// - Parameters:
    ///   - statuses: of its responses, one after the other; the last one for all that follow. With none it never responds.
    ///   - isWhole: false for responses whose body never comes.
    ///   - tls: for a collector over TLS.
    public init(statuses: [Int] = [200], isWhole: Bool = true, tls: TLSConfiguration? = nil) async throws {
        let security = try tls.map { try NIOSSLContext(configuration: $0) }
        let (received, continuation) = AsyncStream<Request>.makeStream()
        let rest = Mutex(statuses)
        let next: @Sendable (Request) -> Int? = { request in
            continuation.yield(request)
            return rest.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
        }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let security else { return }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security))
                }.flatMap { channel.pipeline.configureHTTPServerPipeline() }.flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Exchange(isWhole, next))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.received = received
        url = "http\(tls == nil ? "" : "s")://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    /// The next request, once it has come; `nil` if the task is cancelled before.
    public func next() async -> Request? {
        for await request in received { return request }
        return nil
    }

    public func close() async throws { try await channel.close().get() }
}

/// Reads whole requests of one connection.
private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let isWhole: Bool
    private let respond: @Sendable (Collector.Request) -> Int?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ isWhole: Bool, _ respond: @escaping @Sendable (Collector.Request) -> Int?) {
        self.isWhole = isWhole
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part): body += part.readableBytesView
        case .end:
            let headers = Dictionary((head?.headers ?? [:]).map { ($0.name.lowercased(), $0.value) }) { $1 }
            guard let status = respond(Collector.Request(path: head?.uri ?? "", headers: headers, body: body)) else {
                return
            }
            let response = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status),
                headers: ["content-length": isWhole ? "0" : "2"])
            guard isWhole else { return context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil) }
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
