import Hosting
import Logging
import Synchronization
import Testing

@Suite("An application", .timeLimit(.minutes(1)))
struct ApplicationTests {
    @Test("logs by a handler of its program, from the level of the settings on")
    func logHandler() async {
        // A process bootstraps its log once.
        await #expect(processExitsWith: .success) {
            let lines = Lines()
            let signals = await StopSignals()
            _ = try await Application([], settings: Settings(["LOG_LEVEL": "warning"]), signals: signals) { label in
                lines.handler(label)
            }
            let logger = Logger(label: "tea")
            logger.info("Not heard")
            logger.warning("Heard")
            #expect(lines.all == ["tea: Heard"])
        }
    }
}

/// A log in memory.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func handler(_ label: String) -> any LogHandler {
        LinesHandler { message in self.lines.withLock { $0.append("\(label): \(message)") } }
    }
}

private struct LinesHandler: LogHandler {
    let write: @Sendable (Logger.Message) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(write: @escaping @Sendable (Logger.Message) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { write(event.message) }
}
