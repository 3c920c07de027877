package import Logging

/// Logs something that any peer may cause as often as it likes, at most one line in ten seconds.
package struct SparseLog: Sendable {
    private let logger: Logger
    private var nextLine = ContinuousClock.now
    /// Since the last line.
    private var unlogged = 0

    private static let interval = Duration.seconds(10)

    /// - Parameters:
    ///   - label: the name of what is logged, such as a topic.
    ///   - service: the name of the service.
    package init(_ label: String, of service: String) {
        logger = Logger(label: label, service: service)
    }

    /// Logs a warning, or counts it.
    package mutating func warn(_ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata = [:]) {
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
}
