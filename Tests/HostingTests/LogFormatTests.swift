import Foundation
import Logging
import Synchronization
import Testing

@testable import Hosting

@Suite("A line of the log in JSON")
struct LogFormatTests {
    @Test("keeps metadata whose names are those of its own members")
    func names() throws {
        let written = Mutex(Data())
        let logger = Logger(label: "tea") { label in
            JSONLogHandler(label) { line in written.withLock { $0 += line } }
        }
        logger.info("Poured", metadata: ["level": "high", "message": "none", "cups": "2"])
        let members = try JSONDecoder().decode([String: String].self, from: written.withLock(\.self))
        #expect(members["level"] == "info" && members["metadata.level"] == "high")
        #expect(members["message"] == "Poured" && members["metadata.message"] == "none" && members["cups"] == "2")
    }
}
