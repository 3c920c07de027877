import Endpoints
import Foundation
import RPC
import ZMTP
import ZeroMQ

extension ZeroMQCaller {
    func perform(_ actions: [Connection.Action]) {
        for action in actions {
            switch action {
            case .send(let id, let request): send(id, request)
            case .sendCancel(let id): _ = send(RPCMessage(Preamble(.cancel, id: id)))
            case .sendHello: sendHello()
            case .sendPing: sendPing()
            case .startConnectTimeout: startConnectTimeout()
            case .reconnect: socket?.renew()
            case .answer(let waiting, let reply):
                TimerQueue.shared.cancel(waiting.timer)
                waiting.continuation.resume(returning: reply)
            }
        }
    }

    func giveUp(_ id: UInt64, _ problem: Problem) {
        apply { $0.abandon(id, problem) }
    }

    /// Handles an event of the socket.
    func take(_ event: SocketEvent) {
        switch event {
        case .connected:
            apply { $0.connected() }
            beat()
        case .message(let frames, from: _): take(frames)
        case .writable, .unreachable, .restored: break
        case .disconnected: apply { $0.disconnected() }
        case .refused(let refusal): apply { $0.notAdmitted(.notAdmitted(refusal.reason)) }
        }
    }

    private func sendHello() {
        var head = hello
        head.add(.sent, clock.reading())
        _ = send(RPCMessage(Preamble(.hello, id: Connection.helloID), head, body: contract))
    }

    private func sendPing() {
        var head = Headers()
        head.add(.sent, clock.reading())
        _ = send(RPCMessage(Preamble(.ping, id: 0), head))
    }

    func startConnectTimeout() {
        _ = TimerQueue.shared.schedule(at: .now + Connection.connectTimeout) { [weak self] in
            Task { await self?.apply { $0.connectTimedOut() } }
        }
    }

    /// Sends the server a PING every second: no socket notices that a process is frozen.
    private func beat() {
        guard !isBeating else { return }
        isBeating = true
        _ = TimerQueue.shared.schedule(at: .now + .seconds(1)) { [weak self] in
            Task { await self?.beatAgain() }
        }
    }

    private func beatAgain() {
        isBeating = false
        guard socket != nil else { return }
        sendPing()
        apply { $0.checkHeartbeat() }
        beat()
    }

    private func send(_ id: UInt64, _ request: Request) {
        let remaining = ContinuousClock.now.duration(to: request.deadline)
        let time = UInt32(clamping: max(1, Int(remaining.nanoseconds / 1_000_000)))
        let preamble = Preamble(.request, id: id, flags: request.flags, time: time)
        if !send(RPCMessage(preamble, Headers(request.call, sent: clock.reading()), body: request.call.body)) {
            apply { $0.refused(id) }
        }
    }

    private func send(_ message: RPCMessage) -> Bool {
        socket?.send(message) == .sent
    }

    private func take(_ frames: Frames) {
        // A server may be anything: what is not S1 is passed over.
        guard frames.isWhole, frames.count == 3, case .preamble(let preamble) = Preamble.read(frames[0]),
            let head = try? Headers(frames[1])
        else { return }
        switch preamble.kind {
        case .reply:
            if let times = head[.serverTiming] { connection.timing(of: preamble.id)?.note(header: times) }
            let reply = Reply(preamble, head, body: Data(frames[2]))
            if connection.isMisjudged(preamble.id, reply) { clock.rename() }
            apply { $0.replied(preamble.id, reply) }
        case .hello: apply { $0.greeted(by: head[.serverInstance] ?? "") }
        case .goAway: apply { $0.receivedGoAway() }
        case .pong: apply { $0.heard() }
        case .request, .cancel, .ping: break
        }
    }
}

extension Problem {
    fileprivate static func notAdmitted(_ reason: String) -> Problem {
        Problem(
            .unavailable, "There is no connection to the service: \(reason).", retryAfter: .seconds(1),
            isUnprocessed: true)
    }
}
