import Endpoints
import Foundation
import JSON
import Testing

@Suite("A problem")
struct ProblemTests {
    private let problem = Problem(
        Problem.Kind("out_of_tea", status: 409, title: "There is no tea"), "Grüße “/” 🕰️",
        faults: [
            Problem.FieldError(pointer: "/a~1b", detail: "is out"), Problem.FieldError(pointer: "", detail: "is odd"),
        ],
        retryAfter: .milliseconds(1500), isUnprocessed: true)

    @Test("comes back from JSON as it was")
    func roundTrip() {
        let json = problem.json(traceID: "t")
        let back = Problem(status: 409, json: json, retryAfter: .milliseconds(1500), isUnprocessed: true)
        #expect(back == problem && back.kind.title == problem.kind.title)
    }

    @Test("says of a body that is not JSON what is wrong, and where")
    func malformed() {
        let fault = #expect(throws: Problem.self) { try JSONValue(body: Data("{]".utf8)) }
        #expect(fault?.kind == .malformed)
        #expect(fault?.detail == "The body is not JSON: the name of a member is missing, at byte 1.")
    }

    @Test("is written as RFC 9457 wants it, with its code and trace")
    func document() throws {
        let value = try JSONValue(json: problem.json(traceID: "0af7"))
        let expected: JSONValue = [
            "type": "urn:problem-type:out_of_tea", "title": "There is no tea", "status": 409, "detail": "Grüße “/” 🕰️",
            "code": "out_of_tea", "trace_id": "0af7",
            "errors": [["pointer": "/a~1b", "detail": "is out"], ["pointer": "", "detail": "is odd"]],
        ]
        #expect(value == expected)
        let plain = try JSONValue(json: Problem(.notFound, "No.").json(traceID: "t"))
        #expect(plain["errors"] == nil)
    }

    @Test(
        "is made of what is no problem document", arguments: ["", "x", "[]", "{}", #"{"error":"e"}"#, #"{"code":7}"#])
    func noDocument(text: String) {
        let problem = Problem(status: 502, json: Data(text.utf8))
        #expect(problem.kind == .unavailable && problem.detail == "The peer has answered 502.")
        #expect(
            problem.faults.isEmpty && problem.retryAfter == nil && !problem.isUnprocessed)
        #expect(Problem(status: 404, json: Data(text.utf8)).kind == .unknownEndpoint)
    }

    @Test(
        "that has no code is of the sort that its status says",
        arguments: [
            (400, Problem.Kind.malformed), (403, .permissionDenied), (408, .deadlineExceeded), (418, .unavailable),
            (429, .tooManyRequests), (500, .internal), (502, .unavailable), (503, .unavailable),
            (504, .deadlineExceeded),
        ])
    func noCode(status: Int, kind: Problem.Kind) {
        let text = #"{"type":"about:blank","title":"Busy","status":\#(status),"detail":"Later."}"#
        let problem = Problem(status: status, json: Data(text.utf8))
        #expect(problem.kind == kind && problem.detail == "Later.")
    }

    @Test("has the status of the reply it came with")
    func status() {
        #expect(Problem(status: 503, json: problem.json(traceID: "t")).status == 503)
    }

    @Test("is of a kind by its code and status, whatever its title")
    func kinds() {
        #expect(Problem.Kind("a", status: 400, title: "x") == Problem.Kind("a", status: 400, title: "y"))
        #expect(Problem.Kind("a", status: 400, title: "x") != Problem.Kind("a", status: 409, title: "x"))
        #expect(Problem.Kind.unavailable != .overloaded)
    }
}
