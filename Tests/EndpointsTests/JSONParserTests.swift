import Endpoints
import Foundation
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
    @Test(
        "values are read as RFC 8259 has them",
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("-0", 0), ("12", 12), ("1.5", .number(1.5)),
            ("1e3", 1000), ("0.0", 0), ("-2.50e1", -25), ("1e300", .number(1e300)), ("1e-1", .number(0.1)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            (#""a\"\\\/\b\f\n\r\té""#, "a\"\\/\u{8}\u{C}\n\r\té"),
            (#""\ud83d\ude00""#, "😀"), ("[]", []), ("[1,[2]]", [1, [2]]), (#"{"a":{"b":[]}}"#, ["a": ["b": []]]),
        ] as [(String, JSONValue)])
    func values(text: String, value: JSONValue) throws {
        #expect(try JSONValue(json: Data(text.utf8)) == value)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nul", "True", "{", "[1,]", #"{"a":1,}"#, #"{"a":1,"a":2}"#, "{a:1}", "{'a':1}", "01", "1.", ".5",
            "+1",
            "1e", "NaN", "Infinity", "1e999", "\"", "\"\t\"", #""\x""#, #""\u12""#, #""\ud83d""#, #""\ude00""#, "[1] 2",
            "1 2",
            "// no\n1", #"{"a" 1}"#, "\u{FEFF}1",
        ])
    func refusals(text: String) {
        #expect(throws: Problem.self) { try JSONValue(json: Data(text.utf8)) }
    }

    @Test("a byte order mark is refused by its name, for nobody sees it")
    func byteOrderMark() {
        let problem = #expect(throws: Problem.self) { try JSONValue(json: Data("\u{FEFF}{}".utf8)) }
        #expect(problem?.detail == "The body is not JSON: a byte order mark, at byte 0.")
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: Problem.self) { try JSONValue(json: Data([0x22, 0xFF, 0x22])) }
    }

    @Test("nesting is bounded, however deep the input")
    func depth() throws {
        let nested = { (levels: Int) in
            Data((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        _ = try JSONValue(json: nested(128))
        #expect(throws: Problem.self) { try JSONValue(json: nested(129)) }
        #expect(throws: Problem.self) { try JSONValue(json: nested(100_000)) }
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let value: JSONValue = ["text": "a/b \"é\"", "list": [1, .number(0.5), true, .null], "empty": [:]]
        #expect(try JSONValue(json: value.json()) == value)
        #expect(try JSONValue(json: value.json(pretty: true)) == value)
    }
}
