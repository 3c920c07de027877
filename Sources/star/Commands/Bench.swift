import ArgumentParser
import Documents
import Foundation
import Measuring
import StarBench
import ZeroMQ

/// `star bench`.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares what a call costs over each wire, in one run.",
        discussion: """
            star bench                                   less than a minute: a small call, 1 and 64 callers, and paced
            star bench --long --plot bench.svg           1 to 256 callers; small, 4 KiB and 256 KiB; five minutes
            STAR_TOKEN="$TOKEN" star bench resource.current_time --against ipc://.star/run/resource.sock \\
                --against http://localhost:5050

            It starts a server process for each wire, and takes turns with them, round by round, so that what the machine
            does meanwhile hits all alike. Calls carry a token, a deadline and a trace, as ever; with a “cold token” the service
            verifies a signature at each call, as it does at the first with any token. Payloads are texts in
            JSON, but over “bytes”, which carries them as they are. “libzmq alone” and “Unix socket alone” carry as many
            bytes and do nothing with them. Paced calls are due at a fixed rate, and are timed from then on. Ctrl-C ends the
            run with what it has, and exit code 130.

            Over tcp:// beyond this machine it shows the key STAR_CURVE_SECRET_KEY, as star call does.
            """)

    @Argument(help: "An endpoint of a running service, with --against.")
    var endpoint: String?

    @Option(help: "The service's address: ipc://…, tcp://… or http://…. Several are compared, also the same twice.")
    var against: [String] = []

    @OptionGroup var bearer: BearerToken

    @Option(help: "The input, as JSON, with --against; - reads it from standard input.")
    var input: String?

    @OptionGroup var own: CallerSettings

    @OptionGroup var plan: PlanOptions

    @Option(help: "A folder of programs that take part as peers; the article “Peers” says how.", completion: .directory)
    var peers: String?

    @Option(help: "Whose figures the others' are divided by: a name in the table.")
    var reference: String?

    @Option(help: "The file to write all figures to, as JSON.", completion: .file())
    var json: String?

    @Option(help: "The file to draw the figures in, .svg or .png.", completion: .file())
    var plot: String?

    @Option(help: "The folder to write HdrHistogram's files to: .hgrm and .hlog.", completion: .directory)
    var histograms: String?

    @Option(help: .private)
    var serve: Wire?

    @Option(help: .private)
    var directory: String?

    @Option(help: .private)
    var callerKey: String?

    func validate() throws {
        guard (endpoint == nil) == against.isEmpty else {
            throw ValidationError("An endpoint and --against go together.")
        }
        guard endpoint != nil || (bearer.token == nil && input == nil) else {
            throw ValidationError("--token and --input are for an endpoint of a running service.")
        }
    }

    func run() async throws {
        try await Exit.onError {
            if let serve, let directory {
                try await BenchServer(wire: serve, directory: directory, callerKey: callerKey).run()
            } else {
                try await compare()
            }
        }
    }

    private func compare() async throws {
        let run = BenchRun(
            plan: plan.plan, remote: try await remote(), peers: peers.map { URL(fileURLWithPath: $0) },
            report: Exit.printError)
        let (result, isWhole) = try await run.result(reference: reference)
        print(result.text)
        if let json { try result.document.indentedJSON.write(to: URL(fileURLWithPath: json)) }
        if let plot { try await result.writePlot(to: URL(fileURLWithPath: plot)) }
        if let histograms { try result.writeHistograms(to: URL(fileURLWithPath: histograms)) }
        guard isWhole else { throw ExitCode(130) }
    }

    private func remote() async throws -> [RemoteWire]? {
        guard let endpoint else { return nil }
        let (settings, input) = (try own.read(), try await CallInput.data(input))
        let security = { @Sendable [own] (service: String, address: Address) in
            try own.security(to: service, at: address, named: "--against", settings)
        }
        return against.enumerated().map { index, address in
            // The same address twice shows what the noise alone makes of it.
            let times = against[...index].count { $0 == address }
            return RemoteWire(
                name: times == 1 ? address : "\(address) (\(times))", address: address, endpoint: endpoint,
                input: input, token: bearer.text, security: security, description: RemoteContract.endpoint)
        }
    }
}

extension Wire: ExpressibleByArgument {}

/// The subjects, loads and times of a run.
struct PlanOptions: ParsableArguments {
    @Flag(help: "All sizes, 1 to 256 callers, five minutes; each option still overrules it.")
    var long = false

    @Option(parsing: .upToNextOption, help: "The wires: \(Wire.allCases.map(\.rawValue).joined(separator: ", ")).")
    var wires: [Wire] = []

    @Option(parsing: .upToNextOption, help: "Numbers of callers that call at a time. (1 64)")
    var callers: [Int] = []

    @Option(parsing: .upToNextOption, help: "Bytes that each call carries there and back; 0 asks for the time. (0)")
    var payloads: [Int] = []

    @Option(help: "Calls a second of the paced calls, which one caller makes; 0 for none.")
    var rate = 500.0

    @Option(help: "Rounds; each wire has its turn in each. Fewer than six show no difference.")
    var rounds = 9

    @Option(help: "About how long the run takes. (40; 300 with --long)")
    var seconds: Double?

    func validate() throws {
        guard callers.allSatisfy({ (1...4096).contains($0) }), (1...1000).contains(rounds), (0...100_000).contains(rate)
        else {
            throw ValidationError("Callers go from 1 to 4096, rounds from 1 to 1000, the rate from 0 to 100000.")
        }
        guard Set(wires).count == wires.count else { throw ValidationError("Each wire takes part once.") }
        guard payloads.allSatisfy({ (0...1_000_000).contains($0) }), (0.1...86_400).contains(seconds ?? 1) else {
            throw ValidationError("Payloads go from 0 to 1000000, seconds from 0.1 to 86400.")
        }
    }

    var plan: BenchPlan { BenchPlan(wires: wires, sizes: sizes, loads: loads, rounds: rounds, time: time) }

    /// In bytes.
    private var sizes: [Int] { payloads.isEmpty ? (long ? [0, 4096, 262_144] : [0]) : payloads }

    private var loads: [Workload] {
        let numbers = callers.isEmpty ? (long ? [1, 8, 64, 256] : [1, 64]) : callers
        return sizes.flatMap { size in
            numbers.map { Workload(payload: size, callers: $0) }
                + (rate > 0 ? [Workload(payload: size, callsPerSecond: rate)] : [])
        }
    }

    private var time: Duration { .seconds(seconds ?? (long ? 300 : 40)) }
}
