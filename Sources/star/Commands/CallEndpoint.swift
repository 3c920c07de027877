import ArgumentParser
import Endpoints
import Foundation
import RPC

/// `star call`.
struct CallEndpoint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls an endpoint of a running service, and shows what it answers.",
        discussion: """
            star call resource.current_time --token "$TOKEN"
            star call boilerplate.greet --json '{"name": "Ada"}' --via http
            star call auth.create --address tcp://127.0.0.1:6040

            The answer goes to standard output, as JSON; status and time go to standard error. Exit code 0 for a status below
            400, 1 otherwise. It works with any service that speaks S1, or that answers /contract over HTTP.
            """)

    @Argument(
        help: "The endpoint, such as resource.current_time.",
        completion: .list(Member.all.flatMap { $0.contract.qualifiedNames }))
    var endpoint: String

    @Option(help: "The input.")
    var json: String?

    @Option(help: "The bearer token to show.")
    var token: String?

    @OptionGroup var target: Target

    @Option(help: "For how many seconds to wait for the answer.")
    var timeout = 5.0

    func run() async throws {
        try await Exit.onError {
            guard let service = endpoint.split(separator: ".").first else {
                throw ValidationError("An endpoint is named service.endpoint.")
            }
            try await target.connect(to: String(service)) { try await call($0) }
        }
    }

    private func call(_ caller: any Caller) async throws {
        let contract = try await RemoteContract.fetch(caller)
        let qualified = endpoint
        let known = contract.endpoints.first { contract.qualifiedName(of: $0) == qualified }
        guard let known = known ?? KitContracts.endpoint(qualified) else {
            let names = contract.qualifiedNames.joined(separator: ", ")
            Exit.say("There is no endpoint “\(qualified)”. There are: \(names).")
            throw ExitCode.failure
        }
        let start = ContinuousClock.now
        let call = Call(qualified, body: Data((json ?? "").utf8), token: token, timeout: .seconds(timeout))
        let reply = await caller.call(call, known)
        try show(reply, start.duration(to: .now), call.trace)
    }

    private func show(_ reply: Reply, _ time: Duration, _ trace: TraceContext) throws {
        let milliseconds = (time / .milliseconds(1)).formatted(.number.precision(.fractionLength(2)))
        Exit.say("\(reply.status) in \(milliseconds) ms, trace \(trace.traceID)")
        switch reply {
        case .success(_, let body): print(try Pretty.text(body))
        case .failure(let problem):
            print(try Pretty.text(problem.json(traceID: trace.traceID)))
            throw ExitCode.failure
        }
    }
}

/// JSON for people.
private enum Pretty {
    static func text(_ json: Data) throws -> String {
        guard !json.isEmpty else { return "{}" }
        return String(decoding: try JSONValue(json: json).json(pretty: true), as: UTF8.self)
    }
}
