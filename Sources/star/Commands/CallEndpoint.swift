import ArgumentParser
import Endpoints
import Foundation
import JSON
import RPC
import StarServices

/// `star call`.
struct CallEndpoint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls an endpoint of a running service, and shows what it answers.",
        discussion: """
            STAR_TOKEN="$TOKEN" star call resource.current_time
            star call auth.create --json - <login.json
            star call boilerplate.greet --json '{"name": "Ada"}' --via http
            star call auth.create --address tcp://10.0.0.7:6040

            The answer goes to standard output, as JSON or as the bytes that it is; status and time go to standard error. Exit code 0 for a status below
            400, 1 otherwise. It works with any service that speaks S1, or that answers /contract over HTTP. Over tcp:// it
            shows the key STAR_CURVE_SECRET_KEY, whose public half the service must find in its CURVE_PUBLIC_KEYS.

            Arguments can be read by everybody on the machine while the command runs, and shells remember them: leave a token to
            STAR_TOKEN, and a password to standard input.
            """)

    @Argument(
        help: "The endpoint, such as resource.current_time.",
        completion: .list(ServiceDefinition.all.flatMap { $0.contract.qualifiedNames } + BuiltInContracts.names))
    var endpoint: String

    @Option(help: "The input; - reads it from standard input.")
    var json: String?

    @Option(help: "The file that is the input, if the endpoint takes bytes; - reads them from standard input.")
    var file: String?

    @OptionGroup var bearer: BearerToken

    @OptionGroup var target: ServiceTarget

    @Option(help: "For how many seconds to wait for the answer.")
    var timeout = 5.0

    func validate() throws {
        guard (0.001...86_400).contains(timeout) else {
            throw ValidationError("The timeout goes from 0.001 to 86400 seconds.")
        }
        guard json == nil || file == nil else { throw ValidationError("The input is --json or --file, not both.") }
    }

    func run() async throws {
        try await Exit.onError {
            let input =
                if let file { try await CallInput.bytes(ofFile: file) } else { try await CallInput.data(json) }
            try await target.connect(to: service) { try await call($0, input) }
        }
    }

    /// The kit's own endpoints are asked of a service that an address names.
    private var service: String { endpoint.prefix { $0 != "." }.description }

    private func call(_ caller: any Caller, _ input: Data) async throws {
        let description = try await RemoteContract.endpoint(endpoint, caller)
        let start = ContinuousClock.now
        guard (file != nil) == (description.input.contentType != nil) || input.isEmpty else {
            throw ValidationError("\(endpoint) takes \(file == nil ? "bytes: --file FILE" : "JSON: --json JSON").")
        }
        let call = Call(
            endpoint, body: input, contentType: description.input.contentType, token: bearer.text,
            timeout: .seconds(timeout))
        let reply = await caller.call(call, description)
        try show(reply, start.duration(to: .now), call.trace)
    }

    private func show(_ reply: Reply, _ time: Duration, _ trace: TraceContext) throws {
        let milliseconds = (time / .milliseconds(1)).formatted(.number.precision(.fractionLength(2)))
        Exit.printError("\(reply.status) in \(milliseconds) ms, trace \(trace.traceID)")
        switch reply {
        case .success(_, let body, contentType: nil): print(try Pretty.text(body))
        case .success(_, let body, _): try FileHandle.standardOutput.write(contentsOf: body)
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
