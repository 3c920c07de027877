import Foundation
import RPC
import ZeroMQ

extension ZeroMQFront {
    /// Sends at once, or as soon as the peer reads again.
    func send(_ message: Outgoing, to path: ReturnPath) {
        // Asked in place: to hold the peer here would copy its outbox.
        if peers[path.peer]?.outbox.isEmpty == false { return keep(message, for: path) }
        switch trySending(message, to: path) {
        case .sent: break
        case .wouldBlock: keep(message, for: path)
        case .unreachable:
            counters.undelivered += 1
            forget(path.peer)
        }
    }

    /// Forgets a peer about which there is nothing to remember.
    func forgetIfIdle(_ peer: PeerID) {
        if peers[peer]?.isIdle == true { peers[peer] = nil }
    }

    private func trySending(_ message: Outgoing, to path: ReturnPath) -> SendResult {
        guard listeners.indices.contains(path.peer.listener) else { return .unreachable }
        return listeners[path.peer.listener].send(message, to: path)
    }

    private func keep(_ message: Outgoing, for path: ReturnPath) {
        if peers[path.peer, default: Peer()].outbox.append((message, path)) {
            sweepSoon()
        } else {
            counters.undelivered += 1
        }
    }

    /// Looks after the peers once in a few milliseconds, for as long as there is a reason: libzmq tells neither which peer
    /// has gone nor which reads again.
    func sweepSoon() {
        guard !isSweeping else { return }
        isSweeping = true
        _ = Deadlines.shared.schedule(at: .now + .milliseconds(5)) { [weak self] in
            guard let self else { return }
            Task { await self.sweep() }
        }
    }

    private func sweep() {
        isSweeping = false
        for (id, peer) in peers {
            if peer.outbox.isEmpty { ask(after: id) } else { flush(id) }
        }
    }

    /// Asks after a peer with a PONG that nobody awaits: ROUTER says so if the peer is gone.
    private func ask(after id: PeerID) {
        let probe = trySending(Outgoing(Preamble(.pong, id: 0)), to: ReturnPath(peer: id, envelope: []))
        if probe == .unreachable { forget(id) }
    }

    /// Asks now and then after the peers within this process, for as long as one waits for a reply.
    func askSoon() {
        guard !isAsking else { return }
        isAsking = true
        _ = Deadlines.shared.schedule(at: .now + .milliseconds(100)) { [weak self] in
            guard let self else { return }
            Task { await askAgain() }
        }
    }

    private func askAgain() {
        isAsking = false
        let near = peers.filter { id, peer in peer.isBusy && listeners[id.listener].address.isInProcess }
        for (id, peer) in near where peer.outbox.isEmpty { ask(after: id) }
        if !near.isEmpty { askSoon() }
    }

    func flush(_ id: PeerID) {
        guard var outbox = peers[id]?.outbox else { return }
        peers[id]?.outbox = Outbox()
        var isGone = false
        outbox.flush { message, path in
            let result = trySending(message, to: path)
            isGone = result == .unreachable
            return result == .sent
        }
        guard !isGone else { return forget(id) }
        peers[id]?.outbox = outbox
        guard outbox.isEmpty else { return sweepSoon() }
        forgetIfIdle(id)
        checkIdle()
    }

    /// A peer that is gone cancels its calls.
    func forget(_ id: PeerID) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        for call in peer.running { call.cancel() }
        checkIdle()
    }
}
