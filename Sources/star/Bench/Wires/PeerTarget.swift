import Foundation
import Measuring

/// A program that takes part by the convention of the article “Peers”.
struct PeerTarget: BenchmarkTarget {
    /// The time that a peer may take beyond its turn.
    private static let gracePeriod = Duration.seconds(15)

    let name: String
    let version: String
    let processes: Processes
    private let process: PipedProcess

    /// Starts the program.
    ///
    /// - Throws: if it does not say who it is.
    init(_ program: URL) async throws {
        process = try PipedProcess(program)
        do {
            let greeting = try await process.receive(WorkerHello.self, within: Self.gracePeriod)
            name = greeting.name
            version = greeting.version
            processes = Processes(callers: greeting.callers, servers: greeting.servers)
        } catch {
            await process.end()
            throw error
        }
    }

    func run(_ load: Workload, for time: Duration) async throws -> Sample {
        try process.send(WorkerCommand(load, for: time))
        return try await process.receive(WorkerResult.self, within: time * 2 + Self.gracePeriod).sample
    }

    func close() async {
        await process.end()
    }

    /// The executable files of a folder, in the order of their names.
    static func programs(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { file in
                var isFolder: ObjCBool = false
                let isThere = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
                return isThere && !isFolder.boolValue && FileManager.default.isExecutableFile(atPath: file.path)
            }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
