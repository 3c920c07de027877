import Endpoints
import Foundation
import RPC
import ZeroMQ

extension ZeroMQCaller {
    func perform(_ actions: [Connection.Action]) {
        for action in actions {
            switch action {
            case .send(let id, let request): send(id, request)
            case .sendCancel(let id): _ = send(Outgoing(Preamble(.cancel, id: id)))
            case .sendHello: _ = send(hello)
            case .answer(let waiting, let reply):
                Deadlines.shared.cancel(waiting.timer)
                waiting.continuation.resume(returning: reply)
            }
        }
    }

    func giveUp(_ id: UInt64, _ problem: Problem) {
        apply { $0.abandon(id, problem) }
    }

    /// Takes the messages that have come.
    ///
    /// - Returns: how many.
    func receive(limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            take(message)
        }
        return count
    }

    /// Reads what has become of the connection.
    ///
    /// - Returns: how many events there were.
    func watch() -> Int {
        var count = 0
        while let event = try? monitor?.receive() {
            count += 1
            switch event.kind {
            case .handshakeSucceeded:
                apply { $0.connected() }
                beat()
            case .disconnected:
                _ = receive(limit: .max)
                apply { $0.disconnected() }
                reopen()
            default: break
            }
        }
        return count
    }

    /// libzmq tells nothing of connections within a process. There the server's HELLO is the sign that there is one, and
    /// a message that cannot be sent that there is none any more.
    var isInProcess: Bool {
        if case .inproc = address.target { true } else { false }
    }

    /// Asks for the sign, as soon as there is a server.
    func greet() {
        _ = send(hello)
        beat()
    }

    private func ask() {
        guard connection.isOpen || !isInProcess else { return }
        guard !send(Outgoing(Preamble(.ping, id: 0))), isInProcess else { return }
        apply { $0.disconnected() }
        reopen()
    }

    /// Asks the server for a sign of life every second: libzmq does not see that a process is frozen.
    private func beat() {
        guard !isBeating else { return }
        isBeating = true
        _ = Deadlines.shared.schedule(at: .now + .seconds(1)) { [weak self] in
            Task { await self?.beatAgain() }
        }
    }

    private func beatAgain() {
        isBeating = false
        guard socket != nil else { return }
        ask()
        apply { $0.checkSilence() }
        beat()
    }

    private func send(_ id: UInt64, _ request: Request) {
        let remaining = ContinuousClock.now.duration(to: request.deadline)
        let time = UInt32(clamping: max(1, Int(remaining / .milliseconds(1))))
        let preamble = Preamble(.request, id: id, flags: request.isIdempotent ? .idempotent : [], time: time)
        if !send(Outgoing(preamble, Head(request.call), body: request.call.body)) {
            apply { $0.refused(id) }
            if isInProcess { ask() }
        }
    }

    private func send(_ message: Outgoing) -> Bool {
        outgoing.removeAll()
        message.write(to: &outgoing)
        return (try? socket?.send(&outgoing)) == .sent
    }

    private func take(_ message: borrowing Multipart) {
        // A server may be anything: what is not S1 is passed over.
        guard message.frameCount == 3, case .preamble(let preamble) = message.withBytes(at: 0, { Preamble.read($0) }),
            let head = try? message.withBytes(at: 1, { try Head($0) })
        else { return }
        switch preamble.kind {
        case .reply:
            let body = message.withBytes(at: 2) { Data($0) }
            apply { $0.replied(preamble.id, Reply(preamble, head, body: body)) }
        case .hello: apply { $0.greeted(by: head[.serverInstance] ?? "") }
        case .goAway: apply { $0.told() }
        case .pong: apply { $0.heard() }
        case .request, .cancel, .ping: break
        }
    }
}
