import Endpoints
import Foundation
import JSON
import Testing

@Suite("A schema")
struct SchemaTests {
    /// The faults of a value, as `pointer detail`.
    private func faults(_ schema: Schema, _ json: String) throws -> [String] {
        schema.faults(of: try JSONValue(json: Data(json.utf8))).map { "\($0.pointer) \($0.detail)" }
    }

    @Test("of bytes is read as it was written, and is no JSON")
    func bytes() throws {
        #expect(Schema(json: Bytes.schema.json) == Bytes.schema)
        #expect(Bytes.schema.contentType == "application/octet-stream" && Schema.any.contentType == nil)
        try #expect(faults(Bytes.schema, #""t""#) == [" must be bytes"])
    }

    @Test("wants a value of its kind, and of no other")
    func kinds() throws {
        let values = [
            "string": #""t""#, "integer": "1", "number": "1.5", "boolean": "true", "array": "[]", "object": "{}",
            "null": "null",
        ]
        let schemas: [(Schema, noun: String, fits: Set<String>)] = [
            (.string(example: "t"), "a string", ["string"]),
            (.integer(example: 1), "an integer", ["integer"]),
            (.number(example: 1), "a number", ["integer", "number"]),
            (.boolean(example: true), "true or false", ["boolean"]),
            (.array(of: .any), "an array", ["array"]),
            (.object(), "an object", ["object"]),
            (.map(of: .any), "an object", ["object"]),
            (.any, "a value", Set(values.keys)),
        ]
        for (schema, noun, fits) in schemas {
            for (kind, value) in values {
                let expected = fits.contains(kind) ? [] : [" must be \(noun)"]
                #expect(try faults(schema, value) == expected, "\(noun): \(value)")
            }
        }
    }

    @Test("counts a character as one, however many bytes it has", arguments: ["a", "é", "€", "😀"])
    func characters(character: String) throws {
        let schema = Schema.string(length: 3...5, example: "abc")
        for count in 0...9 {
            let text = JSONValue.string(String(repeating: character, count: count))
            #expect(schema.faults(of: text).isEmpty == (3...5).contains(count), "\(count)")
        }
    }

    @Test("bounds the length of a text in Unicode scalars")
    func length() throws {
        let schema = Schema.string(length: 2...3, example: "ab")
        for text in ["ab", "abc", "🕰️", "時刻"] { #expect(try faults(schema, "\"\(text)\"") == []) }
        for text in ["", "a", "abcd", "🕰️🕰️"] {
            #expect(try faults(schema, "\"\(text)\"") == [" must have 2 to 3 characters"])
        }
        #expect(try faults(.string(length: 2...2, example: "ab"), #""a""#) == [" must have 2 characters"])
    }

    @Test("has a pattern for the whole text")
    func pattern() throws {
        let schema = Schema.string(pattern: "a|ab", example: "a")
        for text in ["a", "ab"] { #expect(try faults(schema, "\"\(text)\"") == []) }
        for text in ["", "b", "aba", "xa", "a\\n"] {
            #expect(try faults(schema, "\"\(text)\"") == [" must match a|ab"])
        }
        #expect(try faults(.string(pattern: "^[a-z]+$", example: "a"), #""abc""#) == [])
        #expect(try faults(.string(pattern: "(", example: "a"), #""abc""#) == [" must match ("])
    }

    @Test(
        "means by a pattern what ECMA 262 does, and not what ICU does",
        arguments: [
            (#"\d{2,4}"#, ["12", "1234"], ["1", "١٢", "１２", "1a"]), (#"\D+"#, ["ab", "١٢"], ["1"]),
            (#"\w+"#, ["a_1"], ["größe", "a-b"]), (#"[\w-]+"#, ["a-b"], ["ä"]), (#"[^\d\s]+"#, ["a١"], ["a1", "a "]),
            (#"a\sb"#, ["a b", "a\u{FEFF}b", "a\u{A0}b", "a\nb"], ["ab", "a\u{85}b"]), (#"\S+"#, ["a"], ["a\u{FEFF}"]),
            (#".+"#, ["a\u{85}\u{C}b", "ä"], ["a\nb", "a\u{2028}b"]), (#"[[&]+"#, ["[&&"], ["a"]),
            (#"[a&&b]+"#, ["a&b"], ["c"]), (#"\u{1F469}+"#, ["👩"], ["u"]), (#"\bé\b"#, [], ["é"]),
            (#".*\ba\b.*"#, ["éaé"], ["ab"]),
            (#"a\.b\/c\[\]"#, ["a.b/c[]"], ["axb/c[]"]), (#"[\].]+"#, ["]."], ["a"]), (#"[\b]"#, ["\u{8}"], ["b"]),
            (#"(?<y>\d)-\k<y>"#, ["1-1"], ["1-2"]), (#"a\"#, [], ["a", "a\\"]),
        ])
    func dialect(pattern: String, good: [String], bad: [String]) {
        let schema = Schema.string(pattern: pattern, example: "")
        for text in good { #expect(schema.faults(of: .string(text)).isEmpty, "\(text)") }
        for text in bad { #expect(!schema.faults(of: .string(text)).isEmpty, "\(text)") }
    }

    @Test("compares no text with a pattern that is longer than it may be: a stranger chooses its length")
    func longText() {
        let schema = Schema.string(length: 1...8, pattern: "(x+x+)+y", example: "xxy")
        #expect(
            schema.faults(of: .string(String(repeating: "x", count: 9))).map(\.detail) == [
                "must have 1 to 8 characters"
            ])
    }

    @Test("knows dates and times, and lists of values")
    func formats() throws {
        let time = Schema.string(format: .dateTime, example: "2019-11-25T06:06:37+00:00")
        #expect(try faults(time, #""2019-11-25T06:06:37+00:00""#) == [])
        for end in [
            "Z ", "Zulu", "+01:0x", "+01:00:00", "+01:00x", "+01:60", "+99:00", "+01", "+0100", ".Z", ".5", "", " Z",
        ] {
            #expect(!time.faults(of: .string("2019-11-25T06:06:37" + end)).isEmpty, "\(end)")
        }
        #expect(time.faults(of: "2019-11-25T06:06:37.123456-05:30").isEmpty)
        #expect(try faults(time, #""yesterday""#) == [" must be a date and time as in RFC 3339"])
        let day = Schema.string(format: .date, example: "2019-11-25")
        #expect(try faults(day, #""2020-02-29""#) == [])
        for text in ["2019-02-29", "2019-11-25T06:06:37Z", "25.11.2019"] {
            #expect(try faults(day, "\"\(text)\"") == [" must be a date as in RFC 3339"])
        }
        let id = Schema.string(format: .uuid, example: "8b0e5f0a-4b0f-4b8e-9d3e-0a4b0f4b8e9d")
        #expect(try faults(id, #""8B0E5F0A-4b0f-4b8e-9d3e-0a4b0f4b8e9d""#) == [])
        #expect(try faults(id, #""8b0e5f0a""#) == [" must be a UUID"])
        let word = Schema.string(values: ["on", "off"], example: "on")
        #expect(try faults(word, #""off""#) == [])
        #expect(try faults(word, #""On""#) == [" must be one of on, off"])
        // Equal to Swift, and other bytes.
        #expect(try !faults(.string(values: ["K"], example: "K"), #""\u212A""#).isEmpty)
    }

    @Test("knows a URI by its scheme")
    func uris() {
        let schema = Schema.string(format: .uri, example: "https://example.org")
        for text in ["https://example.org/a?b=c#d", "urn:isbn:0451450523", "mailto:ada@example.org"] {
            #expect(schema.faults(of: .string(text)).isEmpty)
        }
        for text in ["", "no uri", "/path", "example.org", "https://example.org/a b"] {
            #expect(schema.faults(of: .string(text)).map(\.detail) == ["must be a URI with a scheme"])
        }
    }

    @Test("of a payload that contains itself ends the process, for it would be waited for without end")
    func recursive() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Endpoint<Empty, Folder>("folder", .get, "/folder", access: .open, summary: "Returns a folder.")
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("The schema of Folder contains itself"))
    }

    @Test("reads a time from a query whose + was not percent-encoded, and so came as a space")
    func lostSign() {
        let time = Schema.string(format: .dateTime, example: "2019-11-25T06:06:37+00:00")
        for text in ["2019-11-25T06:06:37+01:00", "2019-11-25T06:06:37-01:00", "2019-11-25T06:06:37Z"] {
            #expect(time.value(ofText: text) == .string(text))
        }
        #expect(time.value(ofText: "2019-11-25T06:06:37 01:00") == "2019-11-25T06:06:37+01:00")
        for text in [" 01:00", "2019-11-25 01:00", "2019-11-25T06:06:37  1:00", "2019-11-25T06:06:37 01:0x"] {
            #expect(time.value(ofText: text) == .string(text))
        }
        #expect(Schema.string(example: "a").value(ofText: "2019-11-25T06:06:37 01:00") == "2019-11-25T06:06:37 01:00")
    }

    @Test("bounds numbers, with their bounds")
    func ranges() throws {
        let integer = Schema.integer(-1...3, example: 1)
        for text in ["-1", "0", "3"] { #expect(try faults(integer, text) == []) }
        for text in ["-2", "4", "9223372036854775807"] { #expect(try faults(integer, text) == [" must be -1 to 3"]) }
        for text in ["1.5", "9223372036854775808"] { #expect(try faults(integer, text) == [" must be an integer"]) }
        let number = Schema.number(0...0.5, example: 0.1)
        for text in ["0", "0.5", "5e-1"] { #expect(try faults(number, text) == []) }
        for text in ["-0.1", "1"] { #expect(try faults(number, text) == [" must be 0.0 to 0.5"]) }
    }

    @Test("bounds the number of elements, and looks at each of them")
    func arrays() throws {
        let schema = Schema.array(of: .array(of: .integer(0...9, example: 1), count: 1...2), count: 0...2)
        #expect(try faults(schema, "[[1],[2,3]]") == [])
        #expect(try faults(schema, "[[1],[2],[]]") == [" must have 0 to 2 elements", "/2 must have 1 to 2 elements"])
        #expect(
            try faults(schema, #"[[10,"x"],7]"#) == [
                "/0/0 must be 0 to 9", "/0/1 must be an integer", "/1 must be an array",
            ])
    }

    @Test("lists no more than a hundred faults, however many an input has", arguments: ["[%]", #"{"t": [%]}"#])
    func manyFaults(text: String) throws {
        let element = Schema.object(.required("name", .string(example: "t"), "Name."))
        let schema = text.first == "[" ? Schema.array(of: element) : .map(of: .array(of: element))
        let elements = Array(repeating: "{}", count: 100_000).joined(separator: ",")
        let list = try faults(schema, text.replacing("%", with: elements))
        #expect(list.count == Schema.maxFaults)
        #expect(list.last == (text.first == "[" ? "" : "/t") + "/99/name is missing")
    }

    @Test("tells every fault of an object, each with a pointer to it")
    func objects() throws {
        let inner = Schema.object(
            .required("x", .integer(example: 1), "X."), .optional("y", .boolean(example: true), "Y."))
        let schema = Schema.object(
            .required("name", .string(example: "n"), "Name."), .required("a/b~c", .integer(example: 1), "Odd."),
            .optional("inner", inner, "Inner."), .optional("list", .array(of: inner), "List."))
        #expect(try faults(schema, #"{"name":"n","a/b~c":1,"new":[{}],"inner":null}"#) == [])
        #expect(try faults(schema, "{}") == ["/name is missing", "/a~1b~0c is missing"])
        #expect(
            try faults(schema, #"{"name":null,"a/b~c":"1"}"#) == ["/name is missing", "/a~1b~0c must be an integer"])
        let deep = #"{"name":"n","a/b~c":1,"inner":{"y":1},"list":[{"x":1},{"x":true,"y":0}]}"#
        let expected = [
            "/inner/x is missing", "/inner/y must be true or false", "/list/1/x must be an integer",
            "/list/1/y must be true or false",
        ]
        #expect(try faults(schema, deep) == expected)
    }

    @Test("of a map looks at each value, in their order")
    func maps() throws {
        let schema = Schema.map(of: .integer(0...9, example: 1))
        #expect(try faults(schema, #"{"b":1,"":2}"#) == [])
        #expect(try faults(schema, #"{"b~":10,"a/":"x"}"#) == ["/b~0 must be 0 to 9", "/a~1 must be an integer"])
    }

    @Test("reads texts as what they should be, and leaves those that are not")
    func texts() {
        #expect(Schema.integer(example: 1).value(ofText: "-7") == .integer(-7))
        for text in ["7", "7.0", "-7.00", "7e0", "1e3", "0.5e1", "9007199254740992.0"] {
            #expect(
                Schema.integer(example: 1).value(ofText: text) == (try? JSONValue(json: Data(text.utf8))), "\(text)")
        }
        for text in ["7.5", "1e-3", "1e16", "9223372036854775808", "inf", "nan", "0x7", "", "x", "7,0"] {
            #expect(Schema.integer(example: 1).value(ofText: text) == .string(text))
        }
        #expect(Schema.number(example: 1).value(ofText: "1e3") == .number(1000))
        for text in ["nan", "inf", "1e999", "0x1p3", "", "x"] {
            #expect(Schema.number(example: 1).value(ofText: text) == .string(text))
        }
        #expect(Schema.boolean(example: true).value(ofText: "true") == true)
        #expect(Schema.boolean(example: true).value(ofText: "True") == "True")
        #expect(Schema.string(example: "t").value(ofText: "7") == "7")
    }

    @Test("is satisfied by nothing if nothing is required")
    func nothing() {
        #expect(Schema.object().acceptsEmptyObject)
        #expect(Schema.object(.optional("a", .any, "A.")).acceptsEmptyObject)
        #expect(!Schema.object(.required("a", .any, "A.")).acceptsEmptyObject)
        #expect(!Schema.map(of: .any).acceptsEmptyObject && !Schema.any.acceptsEmptyObject)
    }

    @Test("is read as it was written, and fits its own example")
    func json() throws {
        let schema = Schema.object(
            .optional("list", .array(of: .number(0...1, example: 0.5), count: 2...3), "List."),
            .optional("map", .map(of: .boolean(example: true)), "Map."),
            .optional("none", .array(of: .boolean(example: true), count: 0...0), "None."),
            .required("text", .string(length: 1...9, pattern: "[a-z]+", values: ["tea"], example: "tea"), "Text."),
            .required("time", .string(format: .dateTime, example: "2019-11-25T06:06:37+00:00"), "Time."),
            .required("whole", .integer(1...9, example: 7), "Whole."))
        #expect(Schema(json: schema.json)?.kind == schema.kind)
        #expect(try schema.faults(of: #require(schema.example)) == [])
        let document = try JSONValue(json: schema.json.json())
        #expect(document["required"] == ["text", "time", "whole"])
        #expect(document["properties"]?["text"]?["pattern"] == "^(?:[a-z]+)$")
    }
}

private struct Folder: Payload {
    static let schema = Schema.object(.required("folders", .array(of: .payload(Folder.self)), "Those within it."))

    let folders: [Folder]
}
