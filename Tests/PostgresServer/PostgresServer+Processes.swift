import Foundation
import Glibc
import Synchronization

/// The server's programs are not where they are looked for.
struct NoPostgres: Error, CustomStringConvertible {
    let description = "There is no initdb under /usr/lib/postgresql. Debian has it in the package postgresql."
}

/// A program has failed, and said this.
struct ProgramFailed: Error {
    let said: String
}

extension PostgresServer {
    /// Debian keeps the programs of each version apart.
    static func findPrograms() throws -> URL {
        let versions = URL(filePath: "/usr/lib/postgresql")
        let found = try? FileManager.default.contentsOfDirectory(atPath: versions.path).compactMap(Int.init).max()
        guard let version = found ?? nil else { throw NoPostgres() }
        return versions.appending(path: "\(version)/bin")
    }

    /// The user who runs the server, if we are root.
    var owner: String? { geteuid() == 0 ? "postgres" : nil }

    /// One of the server's programs, as its owner.
    func command(_ program: String, _ arguments: [String]) throws -> Process {
        let path = programs.appending(path: program).path
        let change = owner.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups", "--"] } ?? []
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = change + [path] + arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        if !FileManager.default.fileExists(atPath: logFile.path) { try Data().write(to: logFile) }
        let log = try FileHandle(forWritingTo: logFile)
        try log.seekToEnd()
        process.standardOutput = log
        process.standardError = log
        return process
    }

    func initialise() throws {
        let file = folder.appending(path: "password")
        try Data(password.utf8).write(to: file)
        let process = try command(
            "initdb",
            [
                "-D", data.path, "-U", "star", "-A", "scram-sha-256", "--pwfile", file.path, "-E", "UTF8", "--no-sync",
                "--no-instructions",
            ])
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ProgramFailed(said: log) }
    }

    /// Sends signals to the server's first process, and waits for its end.
    func end(with signal: Int32) {
        guard let process = running.withLock({ $0.take() }) else { return }
        Glibc.kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }

    func remove() {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The first process and those that it has made. In /proc/PID/stat the parent is the second field after the name.
    func processes() -> [Int32] {
        guard let first = running.withLock({ $0?.processIdentifier }) else { return [] }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)) ?? []
        let children = all.filter { pid in
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == first
        }
        return [first] + children
    }
}

/// A port that nothing listens at.
enum FreeTCPPort {
    static func next() throws -> Int {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(made) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(made, $0, size) == 0 ? getsockname(made, $0, &size) : -1
            }
        }
        guard status == 0 else { throw CocoaError(.fileReadUnknown) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
