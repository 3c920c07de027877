import Logging
import RPC
import ZeroMQ

/// Logs something that any peer may cause as often as it likes, at most one line in ten seconds.
struct SparseLog {
    private let logger: Logger
    private var nextLine = ContinuousClock.now
    /// Since the last line.
    private var unlogged = 0

    private static let interval = Duration.seconds(10)

    /// - Parameters:
    ///   - label: the name of what is logged, such as a topic.
    ///   - service: the name of the service.
    init(_ label: String, of service: String) {
        logger = Logger(label: label, service: service)
    }

    /// Logs a warning, or counts it.
    mutating func warn(_ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata = [:]) {
        guard nextLine <= .now else {
            unlogged += 1
            return
        }
        var metadata = metadata()
        if unlogged > 0 { metadata["unlogged"] = "\(unlogged)" }
        logger.warning(message, metadata: metadata)
        nextLine = .now + Self.interval
        unlogged = 0
    }

    /// Logs what a socket has met that keeps peers out.
    mutating func warn(of event: SocketEvent) {
        switch event {
        case .refused(let refusal): warn(of: refusal)
        case .unreachable(let error): warn("No peer can connect", ["reason": "\(error)"])
        case .restored: warn("The file of a socket had gone, and is there again")
        case .connected, .message, .writable, .disconnected: break
        }
    }

    /// Logs a connection that was refused, by CURVE mostly.
    private mutating func warn(of refusal: Refusal) {
        var metadata: Logger.Metadata = ["reason": "\(refusal.reason)"]
        if let peer = refusal.peer { metadata["peer"] = "\(peer)" }
        if let key = refusal.key { metadata["key"] = "\(key)" }
        warn("A ZeroMQ connection was refused", metadata)
    }
}
