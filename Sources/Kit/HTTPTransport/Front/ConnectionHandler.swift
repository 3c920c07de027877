import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC

/// One connection, on its event loop: it reads a request, has the responder handle it, and writes the response. The next
/// request is read after that; what a client sends ahead waits in the system.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let responder: Responder
    private let entry: ConnectionRegistry.OpenConnection
    private let idleTimeout: TimeAmount
    private var state = HTTPConnectionState()
    private var parser = RequestParser()
    /// Bytes that the client has sent and the parser has not read.
    private var input = ByteBuffer()
    private var exchange: Exchange?
    private var context: ChannelHandlerContext?
    private var isReadPending = false
    private var quietSince = NIODeadline.now()
    /// Closes the connection if it is idle, or has lingered.
    private var timer: Scheduled<Void>?
    /// The client's address, without its port.
    private lazy var origin = context?.remoteAddress?.ipAddress.map { IPAddress($0)?.text ?? $0 }

    /// The lingering-close timeout.
    private static let lingerTime = TimeAmount.seconds(2)
    /// The most that is kept of what a client sends while it is owed a response, in bytes. Only one that has closed its
    /// half of the connection can come to it: the system then hands over all that it holds.
    private static let maxInputAhead = 256 * 1024
    /// A body up to this size is written together with its head, in bytes.
    private static let smallBody = 16 * 1024

    init(_ responder: Responder, _ entry: ConnectionRegistry.OpenConnection, idleTimeout: Duration) {
        self.responder = responder
        self.entry = entry
        self.idleTimeout = TimeAmount(idleTimeout)
    }
}

// MARK: - Reading

extension ConnectionHandler {
    func read(context: ChannelHandlerContext) {
        if state.readsSocket { context.read() } else { isReadPending = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state.keepsInput else { return }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process(context)
    }

    /// Reads as many parts of requests as there are, up to one that is to be responded to first.
    private func process(_ context: ChannelHandlerContext) {
        do throws(RequestFault) {
            while state.readsRequests, let part = try parser.next(from: &input) { receive(part, context) }
        } catch {
            refuse(error, context)
        }
        if !state.readsRequests, input.readableBytes > Self.maxInputAhead { state.dropInput() }
        if state.phase == .receiving { holdBody(context) }
        // What is read keeps no memory.
        if input.readableBytes == 0 || !state.keepsInput { input = ByteBuffer() }
        if state.readsRequests { perform(state.awaitInput(), context) }
        readIfPending(context)
    }

    private func readIfPending(_ context: ChannelHandlerContext) {
        guard isReadPending, state.readsSocket else { return }
        isReadPending = false
        context.read()
    }

    private func receive(_ part: RequestParser.RequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(Exchange(head, responder.bodyBudget), context)
        case .body(let bytes): if state.phase == .receiving { append(bytes, context) }
        case .end:
            let isRefused = state.phase == .lingering
            perform(state.endRequest(), context)
            if !isRefused { respond(context) }
        }
    }

    private func begin(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        self.exchange = exchange
        state.beginRequest(isLast: !exchange.head.isKeepAlive)
        let headers = exchange.head.headers
        guard headers.framing != .length(0) else { return }
        if case .length(let length) = headers.framing, length > responder.bodyLimit { return refuseLargeBody(context) }
        if headers.expectsResponse {
            // The final status at once in place of 100 (RFC 9110, section 10.1.1).
            guard responder.needsBody(exchange.head) else { return respondEarly(context) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: ResponseEncoder.goOn)), promise: nil)
        }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        exchange.timer = context.eventLoop.scheduleTask(in: TimeAmount(responder.bodyTimeout)) {
            me.value.refuseSlowBody()
        }
    }

    private func refuseSlowBody() {
        guard let context, state.phase == .receiving else { return }
        let time = responder.bodyTimeout / .seconds(1)
        respondEarly(
            context, Problem(.requestTimeout, "The body has not come whole within \(time.formatted()) seconds."))
    }

    private func append(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        exchange.append(bytes)
        if exchange.bodySize > responder.bodyLimit { refuseLargeBody(context) }
    }

    /// Keeps the part of a body that has come, for as long as the rest takes.
    private func holdBody(_ context: ChannelHandlerContext) {
        guard let exchange, exchange.body.readableBytes > 0 else { return }
        if !exchange.holdsBody, !responder.needsBody(exchange.head) { exchange.dropBody() }
        guard !exchange.reserveBody() else { return }
        respondEarly(context, .overloaded("Too many bodies of requests have come only in part."))
    }

    private func refuseLargeBody(_ context: ChannelHandlerContext) {
        respondEarly(context, Problem(.tooLarge, "The body is larger than \(responder.bodyLimit) bytes."))
    }

    /// Responds to a request whose body has not come, or only in part. It is the connection's last.
    private func respondEarly(_ context: ChannelHandlerContext, _ fault: Problem? = nil) {
        exchange?.dropBody()
        state.refuseRequest()
        respond(context, fault)
    }

    private func respond(_ context: ChannelHandlerContext, _ fault: Problem? = nil) {
        guard let exchange else { return }
        exchange.timer?.cancel()
        entry.markBusy()
        var (fault, arrived) = (fault, exchange.received)
        if !exchange.head.isSafe || responder.delay.needsArrival {
            let arrival = Arrival(context.channel)
            arrived = min(arrived, arrival.instant)
            responder.delay.record(arrived.duration(to: exchange.received))
            // A late one that only reads does no harm.
            if !exchange.head.isSafe { exchange.received = arrived }
            if arrival.isAbandoned { fault = .cancelled }
        }
        let request = FullRequest(
            head: exchange.head, body: Data(exchange.extractBody().readableBytesView), hasBody: exchange.hasBody,
            received: exchange.received, arrived: arrived, origin: origin, fault: fault)
        let (loop, me) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        exchange.call = responder.respond(to: request) {
            guard state.pause() else { return }
            responder.pauses.begin(on: loop) { me.value.resume() }
        } deliver: { makeResponse in
            loop.execute { me.value.write(makeResponse()) }
        }
    }

    /// Reads what has come since a request was refused.
    private func resume() {
        state.resume()
        if let context { readIfPending(context) }
    }

    private func refuse(_ fault: RequestFault, _ context: ChannelHandlerContext) {
        guard state.phase != .lingering else { return state.dropInput() }
        exchange?.cancel()
        exchange = nil
        state.failInput()
        write(responder.response(to: fault, from: origin), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

// MARK: - Writing

extension ConnectionHandler {
    /// Writes the response to the current request.
    private func write(_ response: HTTPResponse) {
        guard let context, state.phase == .responding, exchange?.hasResponse == false else { return }
        exchange?.hasResponse = true
        write(response, context)
    }

    private func write(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
        var response = response
        let version = exchange?.head.version ?? .one
        let isHead = exchange?.head.method == "HEAD"
        // In HTTP/1.0 a body without a length ends with the connection.
        let endsWithConnection = response.chunks != nil && version == .zero
        let isLast = state.beginResponse(
            isOpen: responder.isOpen && !endsWithConnection, hasInput: input.readableBytes > 0)
        if isLast {
            response.headers.add(name: Header.connection, value: Header.close)
        } else if version == .zero {
            response.headers.add(name: Header.connection, value: Header.keepAlive)
        }
        addLength(to: &response, version)
        writeHead(response, version, body: isHead ? ByteBuffer() : response.body, context)
        if let chunks = response.chunks, !isHead, let exchange {
            context.flush()
            write(chunks, exchange, context)
            scheduleHeartbeat(response.heartbeat, exchange, context)
        } else {
            endResponse(context)
        }
    }

    /// The delimitation of the body (RFC 9112, section 6). These two statuses have none.
    private func addLength(to response: inout HTTPResponse, _ version: HTTPMinorVersion) {
        guard response.status != .noContent, response.status != .notModified else { return }
        if response.chunks == nil {
            response.headers.add(name: Header.contentLength, value: String(response.body.readableBytes))
        } else if version == .one {
            response.headers.add(name: Header.transferEncoding, value: Header.chunked)
        }
    }

    private func writeHead(
        _ response: HTTPResponse, _ version: HTTPMinorVersion, body: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        let isSmall = body.readableBytes <= Self.smallBody
        var bytes = context.channel.allocator.buffer(capacity: 512 + (isSmall ? body.readableBytes : 0))
        if exchange?.isPrefixWritten != true { bytes.writeStaticString(ResponseEncoder.prefix(version)) }
        ResponseEncoder.write(response, to: &bytes)
        if isSmall { bytes.writeImmutableBuffer(body) }
        context.write(wrapOutboundOut(bytes), promise: nil)
        if !isSmall { context.write(wrapOutboundOut(body), promise: nil) }
    }

    private func write(_ chunks: AsyncStream<Data>, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        let (loop, channel, responder) = (context.eventLoop, context.channel, responder)
        let isChunked = exchange.head.version == .one
        let me = NIOLoopBound(self, eventLoop: loop)
        exchange.stream = Task {
            for await chunk in chunks {
                let isLast = !responder.isOpen
                var bytes = ByteBuffer()
                if isChunked { ResponseEncoder.write(chunk: chunk, to: &bytes) } else { bytes.writeBytes(chunk) }
                guard (try? await channel.writeAndFlush(bytes)) != nil, !isLast else { break }
            }
            loop.execute { me.value.endChunks(isChunked) }
        }
    }

    private func scheduleHeartbeat(_ text: StaticString, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        exchange.timer = context.eventLoop.scheduleTask(in: TimeAmount(responder.heartbeatInterval)) {
            me.value.sendHeartbeat(text)
        }
    }

    /// Shows proxies on the way that a silent stream lives. What cannot be written for the idle time has no reader any
    /// more.
    private func sendHeartbeat(_ text: StaticString) {
        guard let context, let exchange, state.phase == .responding else { return }
        let (channel, heartbeat) = (context.channel, ByteBuffer(staticString: text))
        var bytes = ByteBuffer()
        if exchange.head.version == .one {
            ResponseEncoder.write(chunk: heartbeat.readableBytesView, to: &bytes)
        } else {
            bytes = heartbeat
        }
        let timer = context.eventLoop.scheduleTask(in: idleTimeout) { channel.close(promise: nil) }
        let me = NIOLoopBound((handler: self, exchange: exchange), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(bytes)).whenComplete { _ in
            timer.cancel()
            guard let context = me.value.handler.context, me.value.handler.exchange === me.value.exchange else {
                return
            }
            me.value.handler.scheduleHeartbeat(text, me.value.exchange, context)
        }
    }

    private func endChunks(_ isChunked: Bool) {
        guard let context, state.phase == .responding else { return }
        exchange?.timer?.cancel()
        if isChunked {
            context.write(wrapOutboundOut(ByteBuffer(staticString: ResponseEncoder.lastChunk)), promise: nil)
        }
        endResponse(context)
    }

    private func endResponse(_ context: ChannelHandlerContext) {
        quietSince = .now()
        entry.markIdle(since: quietSince)
        exchange = nil
        // First the state: to flush may make the channel writable again.
        let effect = state.endResponse(isOpen: responder.isOpen, isWritable: context.channel.isWritable)
        context.flush()
        perform(effect, context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        quietSince = .now()
        if context.channel.isWritable { perform(state.becomeWritable(), context) }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - Effects

extension ConnectionHandler {
    private func perform(_ effect: HTTPConnectionState.Effect, _ context: ChannelHandlerContext) {
        switch effect {
        case .none: break
        case .readNextRequest: process(context)
        case .probe: probe(context)
        case .flush:
            exchange?.cancel()
            if !state.keepsInput { input = ByteBuffer() }
            let me = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in me.value.finishOutput() }
            readIfPending(context)
        case .closeOutput:
            context.close(mode: .output, promise: nil)
            linger(context)
        case .linger: linger(context)
        case .close: context.close(promise: nil)
        }
    }

    /// Writes what each response begins with: a client that has closed only its half of the connection reads it as
    /// that, while for one that is gone the system replies with a reset, which cancels the call.
    private func probe(_ context: ChannelHandlerContext) {
        guard let exchange, !exchange.hasResponse, !exchange.isPrefixWritten else { return }
        exchange.isPrefixWritten = true
        let prefix = ByteBuffer(staticString: ResponseEncoder.prefix(exchange.head.version))
        context.writeAndFlush(wrapOutboundOut(prefix), promise: nil)
    }

    private func finishOutput() {
        if let context { perform(state.finishOutput(), context) }
    }

    private func linger(_ context: ChannelHandlerContext) {
        let channel = context.channel
        timer?.cancel()
        timer = context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
    }
}

// MARK: - Beginning and end

extension ConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        closeIfIdle(in: idleTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange?.cancel()
        exchange = nil
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            perform(state.closeInput(), context)
        } else if event is ChannelShouldQuiesceEvent {
            perform(state.quiesce(), context)
            // Whatever the rest of a body would be, the call is refused.
            if state.phase == .receiving { respondEarly(context) }
        } else if let client = event as? ClientAddress {
            origin = client.text
        } else if let fault = event as? RequestFault {
            refuse(fault, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes the connection if nothing happens for the idle time.
    private func closeIfIdle(in time: TimeAmount, _ context: ChannelHandlerContext) {
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) { me.value.closeIfIdle() }
    }

    private func closeIfIdle() {
        guard let context else { return }
        guard state.mayTimeOut(isWritable: context.channel.isWritable) else {
            return closeIfIdle(in: idleTimeout, context)
        }
        let rest = quietSince + idleTimeout - .now()
        if rest > .nanoseconds(0) { closeIfIdle(in: rest, context) } else { context.close(promise: nil) }
    }
}
