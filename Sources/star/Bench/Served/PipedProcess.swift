import Background
import Foundation
import JSON
import Synchronization

/// A process that answers each line that it is sent with a line. It ends when its standard input does.
final class PipedProcess: Sendable {
    struct Silent: Error, CustomStringConvertible {
        let program: String
        var description: String { "\(program) has ended, or was silent for too long" }
    }

    /// The time that a process may take to end once its input has.
    private static let gracePeriod = Duration.seconds(5)

    private let process: Process
    private let input: FileHandle
    private let output: FileHandle
    /// Bytes that were read and belong to the next line.
    private let rest = Mutex(Data())
    private let name: String

    init(_ program: URL, _ arguments: [String] = []) throws {
        let (input, output) = (Pipe(), Pipe())
        name = program.lastPathComponent
        process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
    }

    var id: Int32 { process.processIdentifier }

    /// Says something.
    func send(_ message: some Encodable) throws {
        try input.write(contentsOf: JSONCoding.encode(message) + [UInt8(ascii: "\n")])
    }

    /// Waits for what it says next, for so long; then it is ended.
    ///
    /// - Throws: ``Silent``; if it says something else, what the decoder throws.
    func receive<Message: Decodable & Sendable>(_ type: Message.Type, within time: Duration) async throws -> Message {
        let watchdog = Task {
            try await Task.sleep(for: time)
            kill()
        }
        defer { watchdog.cancel() }
        guard let line = await Blocking.run({ self.line() }) else { throw Silent(program: name) }
        return try JSONCoding.decode(type, from: line)
    }

    /// Closes its standard input, and waits for its end.
    func end() async {
        try? input.close()
        let watchdog = Task {
            try await Task.sleep(for: Self.gracePeriod)
            kill()
        }
        await Blocking.run { self.process.waitUntilExit() }
        watchdog.cancel()
    }

    private func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
    }

    private func line() -> Data? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { rest = Data(rest[(end + 1)...]) }
                    return Data(rest[..<end])
                }
                let more = output.availableData
                guard !more.isEmpty else { return nil }
                rest += more
            }
        }
    }
}
