import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC

/// One connection, on its event loop: it reads a request, has it answered, and writes the response. NIO's pipeline before
/// it lets a request in once the one before it is answered.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case reading(Exchange)
        case answering(Exchange)
        /// The client reads too slowly. Until it has read most of the response there is no next one.
        case ending(isLast: Bool)
        /// The last response is on its way. What still comes is dropped, so that a client which writes before it reads
        /// comes to see it (RFC 9112, section 9.6).
        case leaving(isWritten: Bool)
    }

    /// A request, from its head to the end of its response.
    private final class Exchange {
        let head: HTTPRequestHead
        let fields: RequestFields
        let received = ContinuousClock.now
        var isLast: Bool
        var body = ByteBuffer()
        /// Rings when the body takes too long.
        var timer: Scheduled<Void>?
        var call: RunningCall?
        /// Writes a response that comes in pieces.
        var stream: Task<Void, Never>?

        init(_ head: HTTPRequestHead) {
            self.head = head
            fields = RequestFields(head.headers, needsHost: head.version == .http1_1)
            isLast = !head.isKeepAlive
        }

        /// Nobody waits for the response any more.
        func cancel() {
            timer?.cancel()
            call?.cancel()
            stream?.cancel()
        }
    }

    private let responder: Responder
    private let idleTimeout: TimeAmount
    private var state = State.idle
    private var context: ChannelHandlerContext?
    /// The end of the request has not come.
    private var isWithinRequest = false
    private var isInputClosed = false
    private var quietSince = NIODeadline.now()
    /// Rings when the connection may have been quiet for too long, or has lingered.
    private var timer: Scheduled<Void>?
    private lazy var origin = context?.remoteAddress?.ipAddress

    /// For how long a client that was told to leave may stay.
    private static let lingering = TimeAmount.seconds(2)

    init(_ responder: Responder, idleTimeout: Duration) {
        self.responder = responder
        self.idleTimeout = TimeAmount(idleTimeout)
    }
}

// MARK: - Reading

extension ConnectionHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): begin(Exchange(head), context)
        case (.body(let part), .reading(let exchange)): take(part, exchange, context)
        case (.end, .reading(let exchange)):
            isWithinRequest = false
            answer(exchange, context)
        case (.end, .answering), (.end, .ending): isWithinRequest = false
        case (.end, .leaving(let isWritten)):
            isWithinRequest = false
            if isWritten { closeOutput(context) }
        default: break
        }
    }

    private func begin(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        state = .reading(exchange)
        isWithinRequest = true
        guard exchange.fields.hasBody else { return }
        guard exchange.fields.contentLength ?? 0 <= responder.bodyLimit else { return refuse(exchange, context) }
        if exchange.fields.expectsContinue {
            let head = HTTPResponseHead(version: exchange.head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        // A client that does not end its request in time loses its connection.
        let channel = context.channel
        exchange.timer = context.eventLoop.scheduleTask(in: TimeAmount(Dispatcher.longestDeadline)) {
            channel.close(promise: nil)
        }
    }

    private func take(_ part: ByteBuffer, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        guard exchange.body.readableBytes + part.readableBytes <= responder.bodyLimit else {
            return refuse(exchange, context)
        }
        if exchange.body.readableBytes == 0 {
            exchange.body = part
        } else {
            exchange.body.writeImmutableBuffer(part)
        }
    }

    private func refuse(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        exchange.isLast = true
        exchange.body = ByteBuffer()
        let limit = responder.bodyLimit
        answer(exchange, context, Problem(.tooLarge, "The body is larger than \(limit) bytes."))
    }

    private func answer(_ exchange: Exchange, _ context: ChannelHandlerContext, _ fault: Problem? = nil) {
        exchange.timer?.cancel()
        state = .answering(exchange)
        let body = exchange.body.readableBytes == 0 ? Data() : Data(exchange.body.readableBytesView)
        let request = WholeRequest(
            head: exchange.head, fields: exchange.fields, body: body, received: exchange.received, origin: origin,
            fault: fault)
        let (loop, me) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        exchange.call = responder.answer(request) { makeAnswer in
            loop.execute { me.value.write(makeAnswer()) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        switch state {
        case .idle, .reading:
            cancel()
            write(responder.answer(to: error), context, isLast: true)
            end(context, isLast: true)
        case .answering, .ending: context.close(promise: nil)
        case .leaving: break
        }
    }
}

// MARK: - Writing

extension ConnectionHandler {
    /// Writes the response to the request that is being answered.
    private func write(_ answer: HTTPAnswer) {
        guard let context, case .answering(let exchange) = state else { return }
        exchange.isLast = isLast(exchange)
        write(answer, context, version: exchange.head.version, to: exchange.head.method, isLast: exchange.isLast)
        if let pieces = answer.pieces, exchange.head.method != .HEAD {
            write(pieces, exchange, context)
        } else {
            end(context, isLast: exchange.isLast)
        }
    }

    private func isLast(_ exchange: Exchange) -> Bool { exchange.isLast || isInputClosed || !responder.isOpen }

    private func write(
        _ answer: HTTPAnswer, _ context: ChannelHandlerContext, version: HTTPVersion = .http1_1,
        to method: NIOHTTP1.HTTPMethod = .GET, isLast: Bool
    ) {
        var head = HTTPResponseHead(version: version, status: answer.status, headers: answer.headers)
        if isLast {
            head.headers.add(name: Header.connection, value: Header.close)
        } else if version == .http1_0 {
            head.headers.add(name: Header.connection, value: Header.keepAlive)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        // A HEAD is answered like a GET, without the body (RFC 9110, section 9.3.2).
        guard method != .HEAD, answer.body.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
    }

    private func write(_ pieces: AsyncStream<Data>, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        let (loop, channel, responder) = (context.eventLoop, context.channel, responder)
        let me = NIOLoopBound(self, eventLoop: loop)
        context.flush()
        exchange.stream = Task {
            for await piece in pieces {
                let isLast = !responder.isOpen
                let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: piece)))
                guard (try? await channel.writeAndFlush(part)) != nil, !isLast else { break }
            }
            loop.execute { me.value.endPieces() }
        }
    }

    private func endPieces() {
        guard let context, case .answering(let exchange) = state else { return }
        end(context, isLast: isLast(exchange))
    }

    private func end(_ context: ChannelHandlerContext, isLast: Bool) {
        quietSince = .now()
        guard context.channel.isWritable else {
            state = .ending(isLast: isLast)
            return context.flush()
        }
        // First the state, then the end, with which the pipeline lets the next request in.
        state = isLast ? .leaving(isWritten: false) : .idle
        guard isLast else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in me.value.leave() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .ending(let isLast) = state, context.channel.isWritable { end(context, isLast: isLast) }
        context.fireChannelWritabilityChanged()
    }

    private func leave() {
        guard let context else { return }
        state = .leaving(isWritten: true)
        if !isWithinRequest { closeOutput(context) }
        let channel = context.channel
        timer?.cancel()
        timer = context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
    }

    /// Tells the client that this was all. It closes the connection, or has done so before.
    private func closeOutput(_ context: ChannelHandlerContext) {
        context.close(mode: isInputClosed ? .all : .output, promise: nil)
    }
}

// MARK: - Beginning and end

extension ConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch(for: idleTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            isInputClosed = true
            // Nobody waits for the answer any more.
            if case .answering = state { cancel() } else { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func cancel() {
        switch state {
        case .reading(let exchange), .answering(let exchange): exchange.cancel()
        case .idle, .ending, .leaving: break
        }
    }

    /// Closes the connection once it has been quiet for too long.
    private func watch(for time: TimeAmount, _ context: ChannelHandlerContext) {
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) { me.value.lookWhetherQuiet() }
    }

    private func lookWhetherQuiet() {
        guard let context else { return }
        switch state {
        case .reading, .answering: watch(for: idleTimeout, context)
        case .idle, .ending, .leaving:
            let rest = quietSince + idleTimeout - .now()
            if rest > .nanoseconds(0) { watch(for: rest, context) } else { context.close(promise: nil) }
        }
    }
}
