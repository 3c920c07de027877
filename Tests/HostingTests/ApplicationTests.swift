import Hosting
import Logging
import Testing

@Suite("An application", .timeLimit(.minutes(1)))
struct ApplicationTests {
    @Test("logs by a handler of its program, from the level of the settings on")
    func logHandler() async {
        // A process bootstraps its log once.
        await #expect(processExitsWith: .success) {
            let lines = LogLines()
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
