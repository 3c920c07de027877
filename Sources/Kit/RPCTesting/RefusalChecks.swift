import Endpoints
import Foundation
import JSON
import RPC
import Testing

enum RefusalChecks {
    static let checks = [
        ConformanceCheck("A body that is not JSON is malformed, and the problem names the place", malformed),
        ConformanceCheck("An input that breaks its schema is refused with a pointer to each fault", invalid),
        ConformanceCheck("An endpoint of OAuth has the errors of RFC 6749", oauth),
        ConformanceCheck("An input of a query is refused with a pointer to each fault", invalidQuery),
        ConformanceCheck("An endpoint that is not there is unknown", unknown),
        ConformanceCheck("A body of another media type is refused", mediaType),
        ConformanceCheck("A body that is too large is refused, and the next call works", tooLarge),
        ConformanceCheck("A failure of the service says nothing of its cause", crash),
        ConformanceCheck("A problem that a handler throws arrives with all its parts", refuse),
        ConformanceCheck("Each call is observed once, with its transport", recorded),
    ]

    static let notJSON = [
        "{", #"{"text":}"#, #"{"text":"a",}"#, #"{"text":"a"} x"#, #"{"text":"a","text":"b"}"#, "NaN", "'text'",
        "\u{FEFF}{}", #"{"text":"\ud800"}"#, String(repeating: "[", count: 100_000),
    ]

    static func malformed(_ rig: ConformanceRig) async throws {
        for text in Self.notJSON {
            let expected = #expect(throws: Problem.self) { try JSONValue(body: Data(text.utf8)) }
            let problem = await rig.send(TrialContract.add, text).problem
            #expect(problem == expected, "\(text.prefix(20))")
            #expect(problem?.status == 400 && problem?.kind.code == "malformed")
        }
        #expect(await rig.send(TrialContract.add, #"{"text":"good"}"#).status == 201)
    }

    static func invalid(_ rig: ConformanceRig) async throws {
        let body = #"{"key":"k","parts":[{"text":5},{},{"text":"t","number":"n"},7],"labels":{"a/b":10,"~":null}}"#
        let expected = [
            Problem.FieldError(pointer: "/parts/0/text", detail: "must be a string"),
            Problem.FieldError(pointer: "/parts/1/text", detail: "is missing"),
            Problem.FieldError(pointer: "/parts/2/number", detail: "must be a number"),
            Problem.FieldError(pointer: "/parts/3", detail: "must be an object"),
            Problem.FieldError(pointer: "/labels/a~1b", detail: "must be 0 to 9"),
            Problem.FieldError(pointer: "/labels/~0", detail: "must be an integer"),
        ]
        let problem = await rig.send(TrialContract.change, body).problem
        #expect(problem == Problem(.invalid, "The input has 6 faults.", faults: expected))
        #expect(problem?.status == 422 && problem?.kind.code == "invalid_input")
        for body in ["[]", "null", "7"] {
            let problem = await rig.send(TrialContract.add, body).problem
            let faults = [Problem.FieldError(pointer: "", detail: "must be an object")]
            #expect(problem == Problem(.invalid, "The input has 1 fault.", faults: faults))
        }
        let missing = await rig.send(TrialContract.add).problem
        let fault = Problem.FieldError(pointer: "/text", detail: "is missing")
        #expect(missing == Problem(.invalid, "The input has 1 fault.", faults: [fault]))
    }

    static func oauth(_ rig: ConformanceRig) async throws {
        for (body, code, detail) in [
            (#"{"text":"a"}"#, "invalid_grant", "The password is wrong."),
            ("{}", "invalid_request", "The input has 1 fault. text is missing."),
        ] {
            let problem = await rig.send(TrialContract.grant, body).problem
            #expect(problem?.kind.code == code && problem?.status == 400 && problem?.detail == detail)
        }
    }

    static func invalidQuery(_ rig: ConformanceRig) async throws {
        let expected = [
            Problem.FieldError(pointer: "/text", detail: "is missing"),
            Problem.FieldError(pointer: "/count", detail: "must be 1 to 10"),
            Problem.FieldError(pointer: "/exact", detail: "must be true or false"),
        ]
        let problem = await rig.send(TrialContract.find, #"{"key":"k","count":11,"exact":"maybe"}"#).problem
        #expect(problem == Problem(.invalid, "The input has 3 faults.", faults: expected))
        let wrong = await rig.send(TrialContract.find, #"{"key":7,"text":"t"}"#)
        #expect(wrong.status == (rig.traits.carriesTextOnly ? 200 : 422))
        let missing = await rig.send(TrialContract.find, #"{"text":"t"}"#).problem
        #expect(missing?.faults == [Problem.FieldError(pointer: "/key", detail: "is missing")])
        #expect(missing?.kind == .invalid)
    }

    static func unknown(_ rig: ConformanceRig) async throws {
        let problem = await rig.send(TrialContract.unknown).problem
        #expect(problem?.kind == .unknownEndpoint && problem?.status == 404)
        #expect(problem?.kind.code == "unknown_endpoint")
    }

    static func mediaType(_ rig: ConformanceRig) async throws {
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

    static func tooLarge(_ rig: ConformanceRig) async throws {
        let body = #"{"text":""# + String(repeating: "x", count: (rig.traits.bodyLimit ?? 1024 * 1024) - 10) + #""}"#
        let reply = await rig.send(TrialContract.add, body)
        if let limit = rig.traits.bodyLimit {
            #expect(reply.problem == Problem(.tooLarge, "The body is larger than \(limit) bytes."))
            #expect(reply.status == 413)
        } else {
            #expect(reply.status == 201)
        }
        #expect(await rig.send(TrialContract.add, #"{"text":"good"}"#).status == 201)
    }

    static func crash(_ rig: ConformanceRig) async throws {
        let problem = await rig.send(TrialContract.crash).problem
        #expect(problem == Problem(.internal, "The service has failed. Its log says more under the trace id."))
        #expect(problem?.status == 500 && problem?.kind.code == "internal")
        #expect(!String(reflecting: problem).contains(TrialService.Leak.secret))
    }

    static func refuse(_ rig: ConformanceRig) async throws {
        let problem = await rig.send(TrialContract.refuse).problem
        #expect(problem?.status == 409 && problem?.kind.code == "out_of_tea")
        #expect(problem?.kind.title == "There is no tea" && problem?.detail == "Come back later.")
        #expect(problem?.faults == [Problem.FieldError(pointer: "/tea", detail: "is out")])
        #expect(problem?.retryAfter == (rig.traits.retriesInSeconds ? .seconds(2) : .milliseconds(1200)))
        #expect(problem?.isUnprocessed == true)
    }

    static func recorded(_ rig: ConformanceRig) async throws {
        _ = await rig.send(TrialContract.add, "{")
        _ = await rig.send(TrialContract.crash)
        _ = await rig.send(TrialContract.guarded)
        _ = await rig.send(TrialContract.nothing)
        #expect(rig.replies.map(\.status) == [400, 500, 401, 200])
        let names = ["trial.add", "trial.crash", "trial.guarded", "trial.nothing"]
        #expect(rig.replies.map(\.endpoint) == names)
        let transports = names.map { _ in rig.caller.transport }
        #expect(rig.replies.map(\.transport) == transports, "Front and caller name one transport.")
    }
}
