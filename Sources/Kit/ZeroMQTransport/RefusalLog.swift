import Logging
import ZeroMQ

/// Logs connections that CURVE has refused, at most one line in ten seconds: a stranger may try as often as it likes.
struct RefusalLog {
    private let logger: Logger
    private var nextLine = ContinuousClock.now
    /// Since the last line.
    private var unlogged = 0

    private static let interval = Duration.seconds(10)

    /// - Parameter name: of the service, or of the topic.
    init(_ name: String) {
        logger = Logger(label: name)
    }

    mutating func note(_ refusal: Refusal) {
        guard nextLine <= .now else {
            unlogged += 1
            return
        }
        var metadata: Logger.Metadata = ["reason": "\(refusal.reason)"]
        if let peer = refusal.peer { metadata["peer"] = "\(peer)" }
        if let key = refusal.key { metadata["key"] = "\(key)" }
        if unlogged > 0 { metadata["unlogged"] = "\(unlogged)" }
        logger.warning("A CURVE handshake has failed", metadata: metadata)
        nextLine = .now + Self.interval
        unlogged = 0
    }
}
