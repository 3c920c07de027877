import Foundation
import Testing

@testable import JSON

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
        #expect(throws: JSONSyntaxError.self) { try JSONValue(json: Data(text.utf8)) }
    }

    @Test("a byte order mark is refused by its name, for nobody sees it")
    func byteOrderMark() {
        #expect(throws: JSONSyntaxError(reason: "a byte order mark", offset: 0)) {
            try JSONValue(json: Data("\u{FEFF}{}".utf8))
        }
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(json: Data([0x22, 0xFF, 0x22])) }
    }

    @Test("nesting is bounded, however deep the input")
    func depth() throws {
        let nested = { (levels: Int) in
            Data((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        _ = try JSONValue(json: nested(128))
        #expect(throws: JSONSyntaxError.self) { try JSONValue(json: nested(129)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(json: nested(100_000)) }
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let value: JSONValue = ["text": "a/b \"é\"", "list": [1, .number(0.5), true, .null], "empty": [:]]
        #expect(try JSONValue(json: value.json()) == value)
        #expect(try JSONValue(json: value.json(pretty: true)) == value)
    }

    @Test("what is written has the members of objects in their order")
    func order() {
        let value: JSONValue = ["b": 1, "a10": 2, "a9": ["z": [], "Y": .null], "é": "/"]
        #expect(text(value) == #"{"b":1,"a10":2,"a9":{"z":[],"Y":null},"é":"/"}"#)
        let pretty = """
            {
              "b": [],
              "c": {
                "d": "e"
              },
              "a": [
                1,
                {}
              ]
            }
            """
        #expect(text(["b": [], "c": ["d": "e"], "a": [1, [:]]], pretty: true) == pretty)
    }

    @Test("a whole number is written as an integer, as it is read, and one that is not finite not at all")
    func numbers() {
        #expect(text([.number(2), .number(-0.0), .number(0.5), .number(1e300)]) == "[2,0,0.5,1e+300]")
        #expect(text([1, .number(.nan)]) == "")
    }

    private func text(_ value: JSONValue, pretty: Bool = false) -> String {
        String(decoding: value.json(pretty: pretty), as: UTF8.self)
    }
}
