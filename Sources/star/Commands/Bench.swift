import ArgumentParser
import Foundation

/// `star bench`.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares the latency of ZeroMQ, HTTP and libzmq alone, in one run.",
        discussion: """
            It starts a second process that serves resource.current_time, and calls it with a token over each wire in turn,
            round by round. “p50 ratio” and “calls/s ratio” are to libzmq alone: C, no JSON, no tokens, messages of the same
            size. Build with -c release before you believe a figure.
            """)

    @Option(help: "Rounds; each wire has its turn in each.")
    var rounds = 10

    @Option(help: "Calls a round, of each wire at each number of callers.")
    var calls = 2000

    @Option(parsing: .upToNextOption, help: "Numbers of callers that call at a time.")
    var callers = [1, 64]

    @Option(help: .private)
    var serve: String?

    func validate() throws {
        guard rounds > 0, calls > 0, callers.allSatisfy({ $0 > 0 }), !callers.isEmpty else {
            throw ValidationError("Rounds, calls and callers are at least 1.")
        }
    }

    func run() async throws {
        try await Exit.onError {
            if let serve {
                try await BenchServer(directory: serve).run()
            } else {
                try await BenchPeer.with { try await compare($0) }
            }
        }
    }

    private func compare(_ ready: BenchServer.Ready) async throws {
        let wires: [any BenchWire] = [
            BareWire(address: ready.bare), try await ZeroMQWire(ready.kit, token: ready.token),
            HTTPWire(ready.http, token: ready.token),
        ]
        var warmUp = Comparison()
        try await warmUp.round(wires, callers: callers, calls: calls)
        var comparison = Comparison()
        for round in 1...rounds {
            try await comparison.round(wires, callers: callers, calls: calls)
            FileHandle.standardError.write(Data("\rround \(round) of \(rounds)".utf8))
        }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        print(comparison.table(wires, callers: callers))
        for wire in wires { await wire.close() }
    }
}
