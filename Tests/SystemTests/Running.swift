import Foundation
import Synchronization
import Waiting

/// A `star` process.
final class Running: Sendable {
    private let process: Process
    private let ending = Mutex<Int32?>(nil)
    private let logFile: URL
    private let outputFile: URL

    /// - Parameters:
    ///   - directory: where it works.
    ///   - input: what it can read from standard input.
    ///   - settings: its environment, beside what a program needs to start at all.
    ///   - log: where its standard error goes.
    init(_ arguments: [String], in directory: URL, input: String, settings: [String: String], log: URL) throws {
        logFile = log
        outputFile = log.appendingPathExtension("out")
        let inputFile = log.appendingPathExtension("in")
        try Data(input.utf8).write(to: inputFile)
        for file in [logFile, outputFile] { try Data().write(to: file) }
        process = Process()
        process.executableURL = try Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LD_LIBRARY_PATH"].contains($0.key)
        }
        process.environment = inherited.merging(settings) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: logFile)
        process.terminationHandler = { [weak self] process in
            let isSignal = process.terminationReason == .uncaughtSignal
            self?.ending.withLock { $0 = isSignal ? -process.terminationStatus : process.terminationStatus }
        }
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }
    /// Its exit code; the negative number of the signal that ended it; `nil` while it runs.
    var code: Int32? { ending.withLock { $0 } }
    /// Its standard error so far.
    var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }
    /// Its standard output so far.
    var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) {
        guard code == nil else { return }
        Foundation.kill(pid, signal)
    }

    /// Waits for its end.
    ///
    /// - Returns: its exit code.
    @discardableResult
    func end(within time: Duration = .seconds(60)) async throws -> Int32 {
        try await eventually("the process ends", within: time) { code }
    }

    /// Asks it to stop, and waits.
    func stop() async throws -> Int32 {
        send(SIGTERM)
        return try await end()
    }

    /// Ends it as a crash does, and waits.
    func kill() async {
        send(SIGKILL)
        _ = try? await end()
    }

    /// `star` is built into the same directory as the tests.
    private static var executable: URL {
        get throws {
            let places =
                [Bundle.main.executableURL, Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
            for place in places {
                var directory = place?.deletingLastPathComponent()
                // On macOS the tests are an executable some levels inside of a bundle.
                for _ in 1...4 {
                    if let star = directory?.appending(path: "star"),
                        FileManager.default.isExecutableFile(atPath: star.path)
                    {
                        return star
                    }
                    directory?.deleteLastPathComponent()
                }
            }
            throw CocoaError(.fileNoSuchFile)
        }
    }
}
