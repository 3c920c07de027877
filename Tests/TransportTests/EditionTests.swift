import Endpoints
import RPC
import RPCTesting
import Testing
import Waiting
import ZeroMQTransport

extension ConformanceTests {
    @Suite("a client of another edition of the contract")
    struct EditionTests {
        @Test("is served where the service has only more to offer", arguments: Wire.zeroMQ)
        func older(wire: Wire) async throws {
            let transport = try WireTransport(wire)
            try await ConformanceRig.run(transport) { rig in
                let caller = try await transport.zeroMQCaller(to: rig.address, of: OlderTrial.description)
                try await eventually("the caller is connected") { await caller.isConnected }
                let client = Client<OlderTrial>(caller)
                #expect(try await client.call(OlderTrial.add, OlderNote(text: "tea")) == OlderNote(text: "tea"))
                await caller.close()
            }
        }

        @Test("is refused with a sentence on what does not fit", arguments: Wire.zeroMQ, Refused.all)
        func refused(wire: Wire, edition: Refused) async throws {
            let transport = try WireTransport(wire)
            try await ConformanceRig.run(transport) { rig in
                let caller = try await transport.zeroMQCaller(to: rig.address, of: edition.contract)
                var problem: Problem?
                // Calls wait for the first connection, but not for long, and a busy machine may be slow.
                try await eventually("the client is refused") {
                    problem = await #expect(throws: Problem.self) {
                        try await Client<TrialContract>(caller).call(TrialContract.nothing)
                    }
                    return problem?.kind != .unavailable
                }
                #expect(problem == Problem(.incompatible, edition.sentence))
                #expect(await !caller.isConnected)
                await caller.close()
                try await #expect(rig.client.call(TrialContract.nothing) == Empty())
            }
        }
    }
}

/// A contract that the service does not keep, and what it says to that.
struct Refused: CustomTestStringConvertible, Sendable {
    let contract: ContractDescriptor
    let sentence: String

    var testDescription: String { sentence }

    static let all = [
        Refused(
            contract: NewerTrial.description,
            sentence: "The client knows the endpoint trial.sing, which is not here."),
        Refused(
            contract: CarelessTrial.description,
            sentence: "trial.add does not take what the client sends: /text is missing."),
        Refused(
            contract: DemandingTrial.description,
            sentence: "trial.known does not give what the client reads: /number may be missing."),
        Refused(
            contract: StrangeTrial.description,
            sentence: "The client wants the service strange, and this is trial."),
    ]
}

/// Written before notes had numbers, and before most endpoints.
enum OlderTrial: Contract {
    static let name = "trial"
    static let version = "1.0.0"
    static let summary = "Made for tests."

    static let add = Endpoint<OlderNote, OlderNote>(
        "add", .post, "/trial", status: 201, access: .open, deadline: .seconds(20), summary: "Echoes the body.")

    static let endpoints = EndpointList { add }
}

struct OlderNote: Payload, Equatable {
    static let schema = Schema.object(.required("text", .string(example: "tea"), "Any text."))

    var text: String
}

/// Knows an endpoint too many.
enum NewerTrial: Contract {
    static let name = "trial"
    static let version = "2.0.0"
    static let summary = "Made for tests."
    static let endpoints = EndpointList {
        Endpoint<Empty, Empty>("sing", .get, "/sing", access: .open, summary: "Sings.")
    }
}

/// Sends less than the service needs.
enum CarelessTrial: Contract {
    static let name = "trial"
    static let version = "0.9.0"
    static let summary = "Made for tests."
    static let endpoints = EndpointList {
        Endpoint<Number, Note>("add", .post, "/trial", status: 201, access: .open, summary: "Echoes the body.")
    }
}

/// Reads more than the service is sure to give.
enum DemandingTrial: Contract {
    static let name = "trial"
    static let version = "2.0.0"
    static let summary = "Made for tests."
    static let endpoints = EndpointList {
        Endpoint<Empty, NumberedNote>("known", .get, "/known", access: .token, summary: "Says who calls.")
    }
}

struct NumberedNote: Payload {
    static let schema = Schema.object(
        .required("text", .string(example: "tea"), "Any text."),
        .required("number", .number(example: 0.5), "Its number."))

    var text: String
    var number: Double
}

/// Means another service.
enum StrangeTrial: Contract {
    static let name = "strange"
    static let version = "1.2.3"
    static let summary = "Made for tests."
    static let endpoints = EndpointList {
        Endpoint<Empty, Empty>("add", .post, "/trial", access: .open, summary: "Adds.")
    }
}
