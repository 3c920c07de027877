import CZeroMQ
import Foundation

/// libzmq by its own C functions: ROUTER and DEALER, messages of the same sizes, no JSON, no tokens, no tasks.
struct BareZeroMQ: Pipeline, ~Copyable {
    /// Something in libzmq went wrong.
    struct BareZeroMQError: Error, CustomStringConvertible {
        let description = "libzmq: \(String(cString: zmq_strerror(zmq_errno())))"
    }

    private let context: UnsafeMutableRawPointer?
    private let socket: UnsafeMutableRawPointer?
    private var frame = [UInt8](repeating: 0, count: MessageSizes.maxSize)
    private var sizes = MessageSizes(0)

    init(_ address: String) throws {
        context = zmq_ctx_new()
        socket = zmq_socket(context, ZMQ_DEALER)
        guard zmq_connect(socket, address) == 0 else { throw BareZeroMQError() }
    }

    deinit {
        var linger: Int32 = 0
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    mutating func prepare(_ payload: Int) {
        sizes = MessageSizes(payload)
    }

    mutating func send() throws {
        zmq_send(socket, frame, MessageSizes.preamble, ZMQ_SNDMORE)
        zmq_send(socket, frame, sizes.requestHead, ZMQ_SNDMORE)
        guard zmq_send(socket, frame, sizes.requestBody, 0) >= 0 else { throw BareZeroMQError() }
    }

    mutating func receive(within time: Duration?) throws -> Bool {
        if let time {
            var item = zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
            guard zmq_poll(&item, 1, Int((time / .milliseconds(1)).rounded(.up))) > 0 else { return false }
        }
        for _ in 0..<3 where zmq_recv(socket, &frame, frame.count, 0) < 0 { throw BareZeroMQError() }
        return true
    }
}

extension BareZeroMQ {
    /// Echoes on a thread of its own, as long as the process lives.
    ///
    /// - Returns: the address.
    static func serve(_ address: String) throws -> String {
        let socket = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER)
        guard zmq_bind(socket, address) == 0 else { throw BareZeroMQError() }
        // The socket has had no thread yet and belongs to this one from now on.
        nonisolated(unsafe) let handle = socket
        Thread.detachNewThread { echo(handle) }
        return address
    }

    /// Sends each message's routing id and preamble back, with a head and a body as long as the kit's reply has.
    private static func echo(_ socket: UnsafeMutableRawPointer?) {
        var frame = [UInt8](repeating: 0, count: MessageSizes.maxSize)
        while true {
            let routing = zmq_recv(socket, &frame, frame.count, 0)
            zmq_send(socket, frame, Int(routing), ZMQ_SNDMORE)
            let preamble = zmq_recv(socket, &frame, frame.count, 0)
            zmq_send(socket, frame, Int(preamble), ZMQ_SNDMORE)
            zmq_recv(socket, &frame, frame.count, 0)
            let body = zmq_recv(socket, &frame, frame.count, 0)
            zmq_send(socket, frame, MessageSizes.replyHead, ZMQ_SNDMORE)
            zmq_send(socket, frame, MessageSizes.replyBody(Int(body)), 0)
        }
    }
}
