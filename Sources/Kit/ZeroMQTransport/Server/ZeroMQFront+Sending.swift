import Foundation
import RPC
import ZeroMQ

extension ZeroMQFront {
    /// The peer of this name, which is remembered from now on.
    func peer(_ id: PeerID) -> Peer {
        if let known = peers[id] { return known }
        let peer = Peer()
        peers[id] = peer
        return peer
    }

    /// Sends at once, or as soon as the peer reads again.
    func send(_ message: RPCMessage, to path: ReplyRoute) {
        send(message, to: path, of: peers[path.peer])
    }

    /// - Parameter peer: the path's, where something is known of it.
    func send(_ message: RPCMessage, to path: ReplyRoute, of peer: Peer?) {
        if let peer, !peer.outbox.isEmpty { return keep(message, for: path) }
        switch trySending(message, to: path) {
        case .sent: break
        case .wouldBlock: keep(message, for: path)
        case .unreachable:
            counters.undelivered += 1
            forget(path.peer)
        }
    }

    private func trySending(_ message: RPCMessage, to path: ReplyRoute) -> SendResult {
        guard listeners.indices.contains(path.peer.listener) else { return .unreachable }
        let listener = listeners[path.peer.listener]
        guard !path.envelope.isEmpty else { return listener.send(message, to: path.peer.name) }
        return listener.send(Enveloped(envelope: path.envelope, message: message), to: path.peer.name)
    }

    private func keep(_ message: RPCMessage, for path: ReplyRoute) {
        if !peer(path.peer).outbox.append((message, path)) { counters.undelivered += 1 }
    }

    /// Sends what is kept for a peer that reads again.
    func flush(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        var isGone = false
        peer.outbox.flush { message, path in
            let result = trySending(message, to: path)
            isGone = result == .unreachable
            return result == .sent
        }
        guard !isGone else { return forget(id) }
        guard peer.outbox.isEmpty else { return }
        if peer.isIdle { peers[id] = nil }
        checkIdle()
    }

    /// A peer that is gone cancels its calls.
    func forget(_ id: PeerID) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        for call in peer.running { call.cancel() }
        checkIdle()
    }
}
