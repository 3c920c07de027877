import Foundation
import Testing

@testable import JSON

@Suite("Payloads as JSON")
struct JSONCodingTests {
    @Test("are written as Foundation reads them, and read as Foundation writes them")
    func foundation() throws {
        for sample in [Sample.full, Sample.bare] {
            let written = try JSONCoding.encode(sample)
            #expect(try JSONDecoder().decode(Sample.self, from: written) == sample)
            #expect(try JSONCoding.decode(Sample.self, from: JSONEncoder().encode(sample)) == sample)
            #expect(try JSONCoding.decode(Sample.self, from: written) == sample)
        }
    }

    @Test("have their members in the order of the type, and nothing for what is not there")
    func order() throws {
        #expect(try text(Sample.Inner(name: "a/b", sizes: [])) == #"{"name":"a/b","sizes":[]}"#)
        #expect(try text([Optional(1), nil]) == "[1,null]")
        #expect(try text([String: Int]()) == "{}")
        #expect(try text([[], [[Int]()]]) == "[[],[[]]]")
    }

    @Test(
        "escape what a string must not hold",
        arguments: [
            ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#), ("\u{1}\u{1F}\u{7F}", "\"\\u0001\\u001f\u{7F}\""),
            ("ü/😀", "\"ü/😀\""),
        ])
    func strings(text: String, json: String) throws {
        #expect(try self.text(text) == json)
        #expect(try JSONCoding.decode(String.self, from: Data(json.utf8)) == text)
    }

    @Test(
        "escape each special character wherever it stands in a text, and no other",
        arguments: ["\"", "\\", "\0", "\n", "\u{1F}", " ", "!", "#", "[", "]", "\u{7F}", "é", "€", "😀"])
    func places(special: String) throws {
        let fill = "The quick brown fox jumps over the lazy dog, and back again."
        for offset in 0...fill.count {
            let text = String(fill.prefix(offset)) + special + String(fill.dropFirst(offset))
            let json = try JSONCoding.encode(text)
            #expect(try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed) as? String == text)
            #expect(try JSONValue(json: json) == .string(text))
            #expect(try JSONValue(json: JSONEncoder().encode(text)) == .string(text))
        }
    }

    @Test("refuse each control character that is not escaped, wherever it stands")
    func controls() {
        for offset in 0..<70 {
            let text =
                "\"" + String(repeating: "a", count: offset) + "\u{1F}" + String(repeating: "b", count: 70) + "\""
            #expect(throws: JSONSyntaxError.self) { try JSONValue(json: Data(text.utf8)) }
        }
    }

    @Test("hold no number that JSON has not")
    func numbers() throws {
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Double.nan) }
        #expect(throws: EncodingError.self) { try JSONCoding.encode([1, Float.infinity]) }
        for number in [0, -0.5, 1e300, .leastNonzeroMagnitude, 1e16] {
            #expect(try JSONCoding.decode(Double.self, from: JSONCoding.encode(number)) == number)
        }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(UInt8.self, from: Data("256".utf8)) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(UInt.self, from: Data("-1".utf8)) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Int.self, from: Data("1.5".utf8)) }
    }

    @Test("hold dates, decimal numbers, URLs and bytes as one string or number each")
    func foundationScalars() throws {
        let moment = Date(timeIntervalSince1970: 1_574_662_000.25)
        #expect(try text(moment) == #""2019-11-25T06:06:40.250+00:00""#)
        #expect(try text(Date(timeIntervalSince1970: -1)) == #""1969-12-31T23:59:59+00:00""#)
        #expect(try text(Date(timeIntervalSince1970: -0.001)) == #""1969-12-31T23:59:59.999+00:00""#)
        let price = try #require(Decimal(string: "1234567890123.45"))
        #expect(try text(["price": price]) == #"{"price":1234567890123.45}"#)
        #expect(try text(URL(string: "https://example.org/a?b=c")) == #""https://example.org/a?b=c""#)
        #expect(try text([Optional(Data([0, 255])), nil]) == #"["AP8=",null]"#)
        let id = try #require(UUID(uuidString: "8B0E5F0A-6F2B-4C1D-9E3A-0123456789AB"))
        #expect(try text(id) == #""8b0e5f0a-6f2b-4c1d-9e3a-0123456789ab""#)
        for json in [try text(id), try text(id.uuidString)] {
            #expect(try JSONCoding.decode(UUID.self, from: Data(json.utf8)) == id)
        }
        let all = Scalars(date: moment, price: price, page: URL(string: "https://example.org"), bytes: Data("é".utf8))
        #expect(try JSONCoding.decode(Scalars.self, from: JSONCoding.encode(all)) == all)
        for cents in stride(from: -99_999, through: 99_999, by: 7) {
            let amount = Decimal(cents) / 100
            #expect(try JSONCoding.decode(Decimal.self, from: JSONCoding.encode(amount)) == amount)
        }
        for milliseconds in 0..<1000 {
            let date = Date(timeIntervalSince1970: Double(1_574_662_000_000 + milliseconds) / 1000)
            let read = try JSONCoding.decode(Date.self, from: JSONCoding.encode(date))
            #expect(abs(read.timeIntervalSince(date)) < 1e-6)
        }
        for json in [#""yesterday""#, "12", "null"] {
            #expect(throws: DecodingError.self) { try JSONCoding.decode(Date.self, from: Data(json.utf8)) }
        }
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Date(timeIntervalSince1970: .infinity)) }
        let error = #expect(throws: EncodingError.self) { try JSONCoding.encode(Date(timeIntervalSince1970: .nan)) }
        #expect(error.map { "\($0)" }?.contains("RFC 3339") == true)
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Decimal.nan) }
    }

    @Test("are refused with the way to what is wrong")
    func faults() {
        let json = Data(#"{"inner":{"name":"a","sizes":[1,"2"]},"flag":true,"ratio":1,"byte":1,"map":{}}"#.utf8)
        #expect { try JSONCoding.decode(Sample.self, from: json) } throws: { error in
            guard case .typeMismatch(_, let context) = error as? DecodingError else { return false }
            return context.codingPath.map(\.stringValue) == ["inner", "sizes", "1"]
        }
        #expect { try JSONCoding.decode(Sample.Inner.self, from: Data("{}".utf8)) } throws: { error in
            guard case .keyNotFound(let key, _) = error as? DecodingError else { return false }
            return key.stringValue == "name"
        }
    }

    @Test("are refused in words that need no Swift")
    func words() {
        func words<Value: Decodable>(_ type: Value.Type, _ json: String) -> String? {
            do {
                _ = try JSONCoding.decode(type, from: Data(json.utf8))
                return nil
            } catch DecodingError.typeMismatch(_, let context) {
                return context.debugDescription
            } catch {
                return "\(error)"
            }
        }
        #expect(words([Data].self, #"["AP8"]"#) == "must be bytes in Base64")
        #expect(words([Int8].self, "[200]") == "must be an integer from -128 to 127")
        #expect(words(UInt64.self, "9223372036854775808") == "must be an integer from 0 to 9223372036854775807")
        #expect(words([Decimal].self, #"["1"]"#) == "must be a number")
        #expect(words([UUID].self, "[1]") == "must be a UUID")
        #expect(words([[Int]].self, "[1]") == "must be an array")
        #expect(words([[String: Int]].self, "[[]]") == "must be an object")
    }

    @Test("hold no integers that would not be read again: above 2^63 - 1, or of 128 bits")
    func largeIntegers() throws {
        #expect(try JSONCoding.decode(UInt64.self, from: JSONCoding.encode(UInt64(Int.max))) == UInt64(Int.max))
        for number in [UInt64(Int.max) + 1, .max] {
            #expect(throws: EncodingError.self) { try JSONCoding.encode(number) }
            #expect(throws: EncodingError.self) { try JSONCoding.encode(["a": [UInt(number)]]) }
        }
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Int128(1)) }
        #expect(throws: EncodingError.self) { try JSONCoding.encode(["a": UInt128(1)]) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Int128.self, from: Data("1".utf8)) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode([UInt128].self, from: Data("[1]".utf8)) }
    }

    @Test("have containers within containers, and those of a superclass, where Foundation has them")
    func containers() throws {
        let nested = Nested(numbers: [1, 2, 3, 4], name: "ada")
        let written = try JSONCoding.encode(nested)
        #expect(
            String(decoding: written, as: UTF8.self)
                == #"{"point":{"x":1},"list":[{"x":2},[3],4],"super":"ada","base":"ada"}"#)
        #expect(try JSONCoding.decode(Nested.self, from: written) == nested)
        #expect(try JSONDecoder().decode(Nested.self, from: written) == nested)
        #expect(try JSONCoding.decode(Nested.self, from: JSONEncoder().encode(nested)) == nested)
        #expect(throws: DecodingError.self) {
            try JSONCoding.decode(Nested.self, from: Data(#"{"point":{"x":1},"list":[{"x":2},[3]]}"#.utf8))
        }
    }

    @Test("are written one container after the other, or not at all")
    func interleaved() {
        #expect(throws: EncodingError.self) { try JSONCoding.encode(Interleaved()) }
    }

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONCoding.encode(value), as: UTF8.self)
    }
}

private struct Sample: Codable, Equatable {
    struct Inner: Codable, Equatable {
        var name: String
        var sizes: [Int]
    }

    enum Color: String, Codable { case red, green }

    enum Shape: Codable, Equatable { case circle(radius: Double), square(side: Int, name: String?) }

    var inner: Inner
    var flag: Bool
    var ratio: Double
    var byte: UInt8
    var map: [String: [Inner]]
    var color: Color?
    var shape: Shape?
    var json: JSONValue?
    var colors: Set<Color>?

    static let full = Sample(
        inner: Inner(name: "“a”\n", sizes: [1, -2]), flag: false, ratio: 0.1, byte: 255,
        map: ["x": [Inner(name: "", sizes: [])], "y": []], color: .green, shape: .square(side: 2, name: nil),
        json: ["a": [1, .number(2.5), true, "x", .null]], colors: [.red, .green])
    static let bare = Sample(inner: Inner(name: "", sizes: []), flag: true, ratio: 3, byte: 0, map: [:])
}

private struct Scalars: Codable, Equatable {
    var date: Date
    var price: Decimal
    var page: URL?
    var bytes: Data
}

/// Writes four numbers and a name, each into a container of another kind.
private struct Nested: Codable, Equatable {
    enum CodingKeys: CodingKey { case point, list, base, x }

    let numbers: [Int]
    let name: String

    init(numbers: [Int], name: String) {
        self.numbers = numbers
        self.name = name
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let point = try members.nestedContainer(keyedBy: CodingKeys.self, forKey: .point)
        var list = try members.nestedUnkeyedContainer(forKey: .list)
        let first = try list.nestedContainer(keyedBy: CodingKeys.self)
        var second = try list.nestedUnkeyedContainer()
        numbers = [
            try point.decode(Int.self, forKey: .x), try first.decode(Int.self, forKey: .x),
            try second.decode(Int.self), try Int(from: list.superDecoder()),
        ]
        name = try String(from: members.superDecoder())
        guard try String(from: members.superDecoder(forKey: .base)) == name else {
            throw DecodingError.dataCorruptedError(forKey: .base, in: members, debugDescription: "is another name")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        var point = members.nestedContainer(keyedBy: CodingKeys.self, forKey: .point)
        try point.encode(numbers[0], forKey: .x)
        var list = members.nestedUnkeyedContainer(forKey: .list)
        var first = list.nestedContainer(keyedBy: CodingKeys.self)
        try first.encode(numbers[1], forKey: .x)
        var second = list.nestedUnkeyedContainer()
        try second.encode(numbers[2])
        try numbers[3].encode(to: list.superEncoder())
        try name.encode(to: members.superEncoder())
        try name.encode(to: members.superEncoder(forKey: .base))
    }
}

/// Goes back into an array that has ended.
private struct Interleaved: Encodable {
    enum CodingKeys: CodingKey { case one, two }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        var one = members.nestedUnkeyedContainer(forKey: .one)
        try one.encode(1)
        try members.encode(2, forKey: .two)
        try one.encode(3)
    }
}
