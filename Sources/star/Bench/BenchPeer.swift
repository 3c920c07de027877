import Foundation

/// The second process of a benchmark: this program again, as its server.
enum BenchPeer {
    struct Silent: Error, CustomStringConvertible {
        let description = "The benchmark's server has not started."
    }

    /// Starts the server, and ends it whatever happens.
    static func with(_ body: (BenchServer.Ready) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("star-\(getpid())")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let output = Pipe()
        let input = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench", "--serve", directory.path]
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: directory)
        }
        let line = await Blocking.run { output.fileHandleForReading.availableData }
        guard let ready = try? JSONDecoder().decode(BenchServer.Ready.self, from: line) else { throw Silent() }
        try await body(ready)
    }
}

/// Runs what blocks on a thread of its own.
enum Blocking {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}
