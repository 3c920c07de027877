import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Puts a problem into the bare 400 that Hummingbird answers with what is not HTTP.
final class UnreadableHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let problem: @Sendable () -> HTTPAnswer

    /// - Parameter problem: makes the answer; it is called at once, on the connection's thread.
    init(_ problem: @escaping @Sendable () -> HTTPAnswer) {
        self.problem = problem
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Every 400 of this kit has a content type.
        guard case .head(let head) = unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.contentType] == nil
        else { return context.write(data, promise: promise) }
        let answer = problem()
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: promise)
    }
}
