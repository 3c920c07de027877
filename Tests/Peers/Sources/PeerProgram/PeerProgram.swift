import Foundation
import Measuring

/// A peer of `star bench` written in Swift: it starts itself again as its server, and calls that.
public struct PeerProgram: Sendable {
    /// Makes one call that carries this text, or asks for the time where it is empty.
    public typealias Call = @Sendable (_ text: String) async throws -> Void

    private let name: String
    private let version: String

    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// - Parameters:
    ///   - serve: serves, says its address once it listens, and returns only if it fails.
    ///   - connect: hands on the call to the server at that address, and releases it when what it hands it to returns.
    public func run(
        serve: @escaping @Sendable (_ announce: @escaping @Sendable (String) -> Void) async throws -> Void,
        connect: (_ address: String, _ body: (@escaping Call) async throws -> Void) async throws -> Void
    ) async throws {
        signal(SIGINT, SIG_IGN)
        guard CommandLine.arguments.contains("serve") else { return try await measure(connect) }
        // The server ends when whoever started it does.
        Thread.detachNewThread {
            _ = FileHandle.standardInput.readDataToEndOfFile()
            exit(0)
        }
        try await serve { address in
            print(address)
            fflush(nil)
        }
    }

    private func measure(
        _ connect: (String, (@escaping Call) async throws -> Void) async throws -> Void
    ) async throws {
        let (server, address) = try Self.startServer()
        try await connect(address) { call in
            try send(
                WorkerHello(name: name, version: version, callers: [getpid()], servers: [server.processIdentifier]))
            while let line = readLine() {
                let command = try JSONDecoder().decode(WorkerCommand.self, from: Data(line.utf8))
                let load = command.load
                let text = String(repeating: "x", count: load.payload)
                let sample = await load.run(for: command.time, isolation: nil) { try await call(text) }
                try send(WorkerResult(sample))
            }
        }
        server.terminate()
    }

    /// Its standard input ends with this process, however that ends.
    private static func startServer() throws -> (Process, address: String) {
        let (input, output) = (Pipe(), Pipe())
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        server.arguments = ["serve"]
        server.standardInput = input
        server.standardOutput = output
        try server.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        return (server, line.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func send(_ message: some Encodable) throws {
        print(String(decoding: try JSONEncoder().encode(message), as: UTF8.self))
        fflush(nil)
    }
}
