internal import CZeroMQ
internal import Glibc

/// What a `SocketThread` watches, and how. Knows nothing of other threads.
final class PollLoop {
    /// Messages taken from one socket before the others, and the jobs, have their turn.
    private static let drainLimit = 64
    /// Everything is polled every so many turns, so that busy sockets cannot starve the others and the descriptors.
    private static let fullTurn = 16

    /// The jobs being run; kept here for its storage.
    var running: [UnownedJob] = []
    private var attachments: [SocketAttachment] = []
    private var items: [zmq_pollitem_t] = []
    private let wakeDescriptor: Int32
    private var turn = 0

    init(wakeDescriptor: Int32) {
        self.wakeDescriptor = wakeDescriptor
    }

    func add(_ attachment: SocketAttachment) -> SocketAttachment {
        attachments.append(attachment)
        return attachment
    }

    func remove(_ attachment: SocketAttachment) {
        attachment.isAttached = false
        attachments.removeAll { $0 === attachment }
    }

    /// Lets sockets that may have messages be drained; true if any had.
    func drain() -> Bool {
        turn &+= 1
        if turn % Self.fullTurn == 0 { _ = poll(timeout: 0) }
        var hadNews = false
        for attachment in attachments where attachment.isHot && attachment.isAlive {
            guard case .socket(_, let drain) = attachment.origin else { continue }
            attachment.isHot = drain(Self.drainLimit) > 0
            if attachment.isHot { hadNews = true }
        }
        return hadNews
    }

    /// Sleeps until a socket, a descriptor or the wake-up is ready; true if it was the wake-up.
    func poll() -> Bool { poll(timeout: -1) }

    private func poll(timeout: Int) -> Bool {
        attachments.removeAll { !$0.isAlive }
        items.removeAll(keepingCapacity: true)
        items.append(zmq_pollitem_t(socket: nil, fd: wakeDescriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        for attachment in attachments { items.append(attachment.pollItem) }
        guard zmq_poll(&items, Int32(items.count), timeout) >= 0 else {
            // The context was terminated: its sockets can only be closed, and terminate() waits for that.
            if zmq_errno() != EINTR { closeAll() }
            return false
        }
        let isWoken = items[0].revents != 0
        for (attachment, item) in zip(attachments, items.dropFirst()) where item.revents != 0 && attachment.isAttached {
            switch attachment.origin {
            case .socket: attachment.isHot = true
            case .descriptor(_, let onReady): onReady(SocketAttachment.Readiness(rawValue: item.revents))
            }
        }
        return isWoken
    }

    /// Closes the sockets and forgets them all; descriptors are their owners'.
    func closeAll() {
        for attachment in attachments {
            attachment.isAttached = false
            if case .socket(let socket, _) = attachment.origin { socket.close() }
        }
        attachments = []
    }
}

extension SocketAttachment {
    fileprivate var pollItem: zmq_pollitem_t {
        switch origin {
        case .socket(let socket, _):
            zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        case .descriptor(let descriptor, _):
            zmq_pollitem_t(socket: nil, fd: descriptor, events: interest.rawValue, revents: 0)
        }
    }
}
