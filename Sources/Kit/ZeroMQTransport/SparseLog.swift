import Logging
import RPC
import ZeroMQ

extension SparseLog {
    /// Logs what a socket has met that keeps peers out.
    mutating func warn(of event: SocketEvent) {
        switch event {
        case .refused(let refusal): warn(of: refusal)
        case .violation(let reason, let peer):
            warn(
                "A peer of ZeroMQ breaks the protocol, and its connection is ended",
                ["reason": "\(reason)", "peer": "\(peer ?? "on this machine")"])
        case .unreachable(let error): warn("No peer can connect", ["reason": "\(error)"])
        case .restored: warn("The file of a socket had gone, and is there again")
        case .connected, .message, .writable, .disconnected: break
        }
    }

    /// Logs a connection that was refused.
    private mutating func warn(of refusal: Refusal) {
        var metadata: Logger.Metadata = ["reason": "\(refusal.reason)"]
        if let peer = refusal.peer { metadata["peer"] = "\(peer)" }
        if let key = refusal.key { metadata["key"] = "\(key)" }
        warn("A ZeroMQ connection was refused", metadata)
    }
}
