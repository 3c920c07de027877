import Endpoints
import Foundation
import RPC
import Testing

@Suite("An input")
struct CodingTests {
    private func problem<Input: Payload>(_ type: Input.Type, _ json: String) -> Problem? {
        do throws(Problem) {
            _ = try PayloadCoder.input(type, from: Data(json.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("is read where it keeps the schema")
    func good() throws {
        let cup = try PayloadCoder.input(Cup.self, from: Data(#" {"size": 3, "new": [], "milk": null} "#.utf8))
        #expect(cup == Cup(size: 3))
    }

    @Test("of nothing may be left out, be null or an empty object, or have unknown members")
    func nothing() {
        for json in ["", "{}", " { } ", #"{"a":1}"#, "null"] { #expect(problem(Empty.self, json) == nil) }
        for json in ["{", "x", "{},"] { #expect(problem(Empty.self, json)?.kind == .malformed) }
        for json in ["[]", "7", "[null]"] { #expect(problem(Empty.self, json)?.kind == .invalid) }
        #expect(problem(Cup.self, "null")?.kind == .invalid)
    }

    @Test("that is left out has all that is required missing")
    func empty() {
        #expect(problem(Cup.self, "")?.faults == [Problem.FieldError(pointer: "/size", detail: "is missing")])
    }

    @Test("is refused with all its faults, and the number of them")
    func faults() {
        let one = problem(Cup.self, #"{"size":4}"#)
        #expect(one?.detail == "The input has 1 fault." && one?.faults.map(\.pointer) == ["/size"])
        let two = problem(Cup.self, #"{"size":"4","milk":1}"#)
        #expect(two?.detail == "The input has 2 faults." && two?.faults.map(\.pointer) == ["/size", "/milk"])
    }

    @Test("that its type does not take, though its schema does, is refused with the place")
    func strict() {
        let problem = problem(Picky.self, #"{"cups":[{"size":1},{"size":2,"milk":"no"}]}"#)
        #expect(problem?.kind == .invalid)
        #expect(problem?.faults.map(\.pointer) == ["/cups/1/milk"])
    }

    @Test("that its type refuses in words of its own is refused in those")
    func ownWords() {
        let odd = Problem(.invalid, "A saucer has no handle.", faults: [.init(pointer: "/a~1b", detail: "is odd")])
        #expect(problem(Saucer.self, #"{"a/b":1}"#) == odd)
        #expect(problem(Saucer.self, #"{"a/b":2}"#)?.kind == .invalid)
        // The place is a JSON pointer, whatever the member is called.
        #expect(problem(Saucer.self, #"{"a/b":"x"}"#)?.faults.map(\.pointer) == ["/a~1b"])
    }

    @Test("with a number that its type cannot hold is refused: JSON has no infinity to answer with")
    func large() {
        #expect(problem(Weight.self, #"{"grams":1e300}"#)?.faults.map(\.pointer) == ["/grams"])
        #expect(problem(Weight.self, #"{"grams":1e30}"#) == nil)
    }

    @Test("as an output that breaks the contract is as good as none, and the place is named")
    func output() throws {
        let problem = #expect(throws: Problem.self) {
            try PayloadCoder.output(Cup.self, from: Data(#"{"size":"x"}"#.utf8))
        }
        #expect(problem?.kind == .unavailable && problem?.faults.map(\.pointer) == ["/size"])
        let nothing = try PayloadCoder.output(Empty.self, from: Data("anything".utf8))
        #expect(nothing == Empty())
        let encoded = try (PayloadCoder.encode(Empty()), PayloadCoder.encode(Cup(size: 1)))
        #expect(encoded.0.isEmpty && encoded.1 == Data(#"{"size":1}"#.utf8))
    }
}

/// Its schema lets more pass than its type does.
private struct Picky: Payload {
    static let schema = Schema.object(.required("cups", .array(of: .any), "Cups."))

    var cups: [Cup]
}

private struct Weight: Payload {
    static let schema = Schema.object(.required("grams", .number(example: 1), "How heavy."))

    var grams: Float
}

/// It judges what it is read from.
private struct Saucer: Payload {
    static let schema = Schema.object(.required("a/b", .any, "A number."))

    var number: Int

    enum CodingKeys: String, CodingKey { case number = "a/b" }

    init(from decoder: any Decoder) throws {
        number = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .number)
        let fault = Problem.FieldError(pointer: "/a~1b", detail: "is odd")
        if number == 1 { throw Problem(.invalid, "A saucer has no handle.", faults: [fault]) }
        if number == 2 { throw Problem(Problem.Kind("fine", status: 200, title: "Fine"), "All is well.") }
    }
}
