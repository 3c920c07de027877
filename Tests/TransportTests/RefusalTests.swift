import Endpoints
import Foundation
import RPC
import Testing

extension Conformance {
    @Suite("bad input")
    struct RefusalTests {
        static let notJSON = [
            "{", #"{"text":}"#, #"{"text":"a",}"#, #"{"text":"a"} x"#, #"{"text":"a","text":"b"}"#, "NaN", "'text'",
            "\u{FEFF}{}", #"{"text":"\ud800"}"#, String(repeating: "[", count: 100_000),
        ]

        @Test("that is not JSON is malformed, with the place where it ends to be", arguments: Wire.allCases)
        func malformed(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for text in Self.notJSON {
                    let expected = #expect(throws: Problem.self) { try JSONValue(json: Data(text.utf8)) }
                    let problem = await rig.send(TrialContract.add, text).problem
                    #expect(problem == expected, "\(text.prefix(20))")
                    #expect(problem?.status == 400 && problem?.kind.code == "malformed")
                }
                #expect(await rig.send(TrialContract.add, #"{"text":"good"}"#).status == 201)
            }
        }

        @Test("of wrong types or with missing fields is refused with a pointer to each fault", arguments: Wire.allCases)
        func invalid(wire: Wire) async throws {
            let body = #"{"key":"k","parts":[{"text":5},{},{"text":"t","number":"n"},7],"labels":{"a/b":10,"~":null}}"#
            let expected = [
                Problem.Fault(pointer: "/parts/0/text", detail: "must be a string"),
                Problem.Fault(pointer: "/parts/1/text", detail: "is missing"),
                Problem.Fault(pointer: "/parts/2/number", detail: "must be a number"),
                Problem.Fault(pointer: "/parts/3", detail: "must be an object"),
                Problem.Fault(pointer: "/labels/a~1b", detail: "must be 0 to 9"),
                Problem.Fault(pointer: "/labels/~0", detail: "must be an integer"),
            ]
            try await Rig.run(wire) { rig in
                let problem = await rig.send(TrialContract.change, body).problem
                #expect(problem == Problem(.invalid, "The input has 6 faults.", faults: expected))
                #expect(problem?.status == 422 && problem?.kind.code == "invalid_input")
                for body in ["[]", "null", "7"] {
                    let problem = await rig.send(TrialContract.add, body).problem
                    let faults = [Problem.Fault(pointer: "", detail: "must be an object")]
                    #expect(problem == Problem(.invalid, "The input has 1 fault.", faults: faults))
                }
                let missing = await rig.send(TrialContract.add).problem
                let fault = Problem.Fault(pointer: "/text", detail: "is missing")
                #expect(missing == Problem(.invalid, "The input has 1 fault.", faults: [fault]))
            }
        }

        @Test("of an endpoint of OAuth has the errors of RFC 6749 on every wire", arguments: Wire.allCases)
        func oauth(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for (body, code, detail) in [
                    (#"{"text":"a"}"#, "invalid_grant", "The password is wrong."),
                    ("{}", "invalid_request", "The input has 1 fault. text is missing."),
                ] {
                    let problem = await rig.send(TrialContract.grant, body).problem
                    #expect(problem?.kind.code == code && problem?.status == 400 && problem?.detail == detail)
                }
            }
        }

        @Test("in a query is refused with a pointer to each fault", arguments: Wire.allCases)
        func invalidQuery(wire: Wire) async throws {
            let expected = [
                Problem.Fault(pointer: "/text", detail: "is missing"),
                Problem.Fault(pointer: "/count", detail: "must be 1 to 10"),
                Problem.Fault(pointer: "/exact", detail: "must be true or false"),
            ]
            try await Rig.run(wire) { rig in
                let problem = await rig.send(TrialContract.find, #"{"key":"k","count":11,"exact":"maybe"}"#).problem
                #expect(problem == Problem(.invalid, "The input has 3 faults.", faults: expected))
                let wrong = await rig.send(TrialContract.find, #"{"key":7,"text":"t"}"#)
                #expect(wrong.status == (wire.carriesTextOnly ? 200 : 422))
                let missing = await rig.send(TrialContract.find, #"{"text":"t"}"#).problem
                #expect(missing?.faults == [Problem.Fault(pointer: "/key", detail: "is missing")])
                #expect(missing?.kind == .invalid)
            }
        }

        @Test("for an endpoint that is not there is answered so", arguments: Wire.allCases)
        func unknown(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let problem = await rig.send(TrialContract.unknown).problem
                let (byName, byPath) = ("There is no endpoint “trial.unknown” here.", "There is nothing at this path.")
                #expect(problem == Problem(.unknownEndpoint, wire.asksByName ? byName : byPath))
                #expect(problem?.status == 404 && problem?.kind.code == "unknown_endpoint")
            }
        }

        @Test("of another media type is refused", arguments: Wire.allCases)
        func mediaType(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for type in ["text/plain", "application/x-www-form-urlencoded; charset=utf-8", "APPLICATION/XML"] {
                    let problem = await rig.send(TrialContract.add, #"{"text":"t"}"#, contentType: type).problem
                    let name = type.prefix { $0 != ";" }.lowercased()
                    let detail = "The body is \(name); application/json is understood."
                    #expect(problem == Problem(.unsupportedMediaType, detail))
                    #expect(problem?.status == 415 && problem?.kind.code == "unsupported_media_type")
                }
                for type in ["application/json", "application/json; charset=utf-8", "Application/Merge-Patch+JSON"] {
                    #expect(await rig.send(TrialContract.add, #"{"text":"t"}"#, contentType: type).status == 201)
                }
            }
        }

        @Test("that is too large is refused, and the next call works", arguments: Wire.allCases)
        func tooLarge(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let limit = 1024 * 1024
                let body = #"{"text":""# + String(repeating: "x", count: limit - 10) + #""}"#
                let reply = await rig.send(TrialContract.add, body)
                if wire.limitsBodies {
                    let detail = wire.tooLarge(size: limit + 1, limit: limit)
                    #expect(reply.problem == Problem(.tooLarge, detail))
                    #expect(reply.status == 413 && reply.problem?.kind.code == "too_large")
                } else {
                    #expect(reply.status == 201)
                }
                #expect(await rig.send(TrialContract.add, #"{"text":"good"}"#).status == 201)
            }
        }

        @Test("that is the service's own fault says nothing of its cause", arguments: Wire.allCases)
        func crash(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let problem = await rig.send(TrialContract.crash).problem
                #expect(problem == Problem(.internal, "The service has failed. Its log says more under the trace id."))
                #expect(problem?.status == 500 && problem?.kind.code == "internal")
                #expect(!String(reflecting: problem).contains(TrialService.Leak.secret))
            }
        }

        @Test("is refused in the words of the service, with all that belongs to them", arguments: Wire.allCases)
        func refuse(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let problem = await rig.send(TrialContract.refuse).problem
                #expect(problem?.status == 409 && problem?.kind.code == "out_of_tea")
                #expect(problem?.kind.title == "There is no tea" && problem?.detail == "Come back later.")
                #expect(problem?.faults == [Problem.Fault(pointer: "/tea", detail: "is out")])
                #expect(problem?.retryAfter == (wire.retriesInSeconds ? .seconds(2) : .milliseconds(1200)))
                #expect(problem?.isUnprocessed == true)
            }
        }

        @Test("is answered and noted once", arguments: Wire.allCases)
        func noted(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                _ = await rig.send(TrialContract.add, "{")
                _ = await rig.send(TrialContract.crash)
                _ = await rig.send(TrialContract.guarded)
                _ = await rig.send(TrialContract.nothing)
                #expect(rig.journal.all.map(\.status) == [400, 500, 401, 200])
                let names = ["trial.add", "trial.crash", "trial.guarded", "trial.nothing"]
                #expect(rig.journal.all.map(\.endpoint) == names)
                let transport: Transport = wire.isZeroMQ ? .zeroMQ : wire == .http ? .http : .inProcess
                #expect(rig.journal.all.allSatisfy { $0.transport == transport })
            }
        }
    }
}
