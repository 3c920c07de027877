import CZeroMQ
import Foundation
import Synchronization

/// libzmq by its own C functions, as the floor of the comparison: ROUTER and DEALER, messages of the same sizes, no JSON, no
/// tokens, no tasks.
enum BareZeroMQ {
    /// Something in libzmq went wrong.
    struct Failure: Error, CustomStringConvertible {
        let description = "libzmq: \(String(cString: zmq_strerror(zmq_errno())))"
    }

    /// Echoes on a thread of its own.
    final class Server: Sendable {
        let address: String
        private let isStopping = Atomic(false)

        init(address: String) throws {
            self.address = address
            let context = zmq_ctx_new()
            let socket = zmq_socket(context, ZMQ_ROUTER)
            guard zmq_bind(socket, address) == 0 else { throw Failure() }
            // The socket has been nobody's yet and is the thread's from now on.
            nonisolated(unsafe) let handle = socket
            nonisolated(unsafe) let owner = context
            Thread.detachNewThread { [self] in
                serve(handle)
                zmq_close(handle)
                zmq_ctx_term(owner)
            }
        }

        func stop() {
            isStopping.store(true, ordering: .relaxed)
        }

        /// Sends each message's routing id and preamble back, with a head and a body as long as the kit's reply has.
        private func serve(_ socket: UnsafeMutableRawPointer?) {
            var item = zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
            var frame = [UInt8](repeating: 0, count: 4096)
            while !isStopping.load(ordering: .relaxed) {
                guard zmq_poll(&item, 1, 100) > 0 else { continue }
                let routing = zmq_recv(socket, &frame, frame.count, 0)
                zmq_send(socket, frame, Int(routing), ZMQ_SNDMORE)
                let preamble = zmq_recv(socket, &frame, frame.count, 0)
                zmq_send(socket, frame, Int(preamble), ZMQ_SNDMORE)
                zmq_recv(socket, &frame, frame.count, 0)
                zmq_recv(socket, &frame, frame.count, 0)
                zmq_send(socket, frame, Sizes.replyHead, ZMQ_SNDMORE)
                zmq_send(socket, frame, Sizes.replyBody, 0)
            }
        }
    }

    /// The sizes of the kit's messages for `resource.current_time`, in bytes.
    enum Sizes {
        static let requestHead = 480
        static let replyHead = 4
        static let replyBody = 44
    }

    /// A connected DEALER.
    struct Client: ~Copyable {
        private let context: UnsafeMutableRawPointer?
        private let socket: UnsafeMutableRawPointer?
        private var frame = [UInt8](repeating: 0, count: 4096)

        init(_ address: String) throws {
            context = zmq_ctx_new()
            socket = zmq_socket(context, ZMQ_DEALER)
            guard zmq_connect(socket, address) == 0 else { throw Failure() }
        }

        deinit {
            var linger: Int32 = 0
            zmq_setsockopt(socket, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
            zmq_close(socket)
            zmq_ctx_term(context)
        }

        /// Keeps `window` calls in flight until `count` are answered.
        ///
        /// - Parameter record: called with the time of each, from its sending to its answer.
        mutating func call(_ count: Int, window: Int, _ record: (Duration) -> Void) {
            var sent: [ContinuousClock.Instant] = []
            sent.reserveCapacity(count)
            for answered in 0..<count {
                while sent.count < min(count, answered + window) {
                    sent.append(.now)
                    send()
                }
                receive()
                record(sent[answered].duration(to: .now))
            }
        }

        private func send() {
            zmq_send(socket, frame, 16, ZMQ_SNDMORE)
            zmq_send(socket, frame, Sizes.requestHead, ZMQ_SNDMORE)
            zmq_send(socket, frame, 0, 0)
        }

        private mutating func receive() {
            for _ in 0..<3 { zmq_recv(socket, &frame, frame.count, 0) }
        }
    }
}
