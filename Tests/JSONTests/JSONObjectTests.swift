import Foundation
import Testing

@testable import JSON

@Suite("A JSON object")
struct JSONObjectTests {
    /// Counts beside the one from which on names are found by an index.
    static let counts = [0, 1, 15, 16, 17, 18, 100]

    private static func object(_ numbers: some Sequence<Int>) -> JSONObject {
        JSONObject(numbers.map { ("member \($0)", .integer($0)) })
    }

    @Test("keeps the order of its members, as read, as written and as made")
    func order() throws {
        let text = #"{"zebra":1,"apple":{"d":true,"c":[{"b":2,"a":1}]},"":null,"é":"x","ant":{}}"#
        let value = try JSONValue(json: Data(text.utf8))
        #expect(value.members.names == ["zebra", "apple", "", "é", "ant"])
        #expect(String(decoding: value.json(), as: UTF8.self) == text)
        let made: JSONValue = ["zebra": 1, "left out": nil, "apple": ["d": true, "c": [["b": 2, "a": 1]]]]
        #expect(String(decoding: made.json(), as: UTF8.self) == #"{"zebra":1,"apple":{"d":true,"c":[{"b":2,"a":1}]}}"#)
        let sorted = String(decoding: value.sorted.json(), as: UTF8.self)
        #expect(sorted == #"{"":null,"ant":{},"apple":{"c":[{"a":1,"b":2}],"d":true},"zebra":1,"é":"x"}"#)
    }

    @Test("is written and read in its order by any coder that keeps it")
    func coding() throws {
        let object: JSONObject = ["b": 1, "a": ["d": .null, "c": [true]]]
        let json = try JSONCoding.encode(object)
        #expect(String(decoding: json, as: UTF8.self) == #"{"b":1,"a":{"d":null,"c":[true]}}"#)
        let read = try JSONCoding.decode(Holder.self, from: Data("{\"object\":".utf8) + json + Data("}".utf8)).object
        #expect(read == object && read.names == ["b", "a"] && read["a"]?.members.names == ["d", "c"])
        #expect(try JSONDecoder().decode(JSONObject.self, from: JSONEncoder().encode(object)) == object)
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Holder.self, from: Data(#"{"object":[]}"#.utf8)) }
    }

    private struct Holder: Decodable {
        let object: JSONObject
    }

    @Test("finds, changes, adds and removes members by their names", arguments: counts)
    func members(count: Int) {
        var object = Self.object(0..<count)
        #expect(object.count == count && object.map(\.value) == (0..<count).map { .integer($0) })
        #expect((0..<count).allSatisfy { object["member \($0)"] == .integer($0) } && object["member"] == nil)
        object["new"] = true
        #expect(object.count == count + 1 && object.last?.name == "new" && object["new"] == true)
        object["new"] = false
        #expect(object.count == count + 1 && object.last?.value == false)
        for number in stride(from: 0, to: count, by: 2) { object["member \(number)"] = nil }
        object["none"] = nil
        let rest = Array(stride(from: 1, to: count, by: 2))
        #expect(object.names == rest.map { "member \($0)" } + ["new"])
        #expect(rest.allSatisfy { object["member \($0)"] == .integer($0) } && object["member 0"] == nil)
        #expect(object["new"] == false)
    }

    @Test("has one member under a name, whoever makes it", arguments: counts)
    func names(count: Int) {
        var object = Self.object(Array(0..<count) + [0])
        let isAdded = object.add("member 0", .null)
        #expect(!isAdded && object.count == max(count, 1) && object["member 0"] == 0)
        #expect(object.setting("member 0", to: 7).count == object.count)
        #expect(object.setting("member 0", to: nil).names == Array(object.names.dropFirst()))
        let merged = object.merging(["member 0": "other", "last": 1])
        #expect(merged.names == object.names + ["last"] && merged["member 0"] == "other")
    }

    @Test("is equal to one with the same members in another order, and to no other", arguments: counts.dropFirst())
    func equality(count: Int) {
        let (object, reversed) = (Self.object(0..<count), Self.object((0..<count).reversed()))
        #expect(object == reversed && object.hashValue == reversed.hashValue)
        #expect(Set([JSONValue.object(object), .object(reversed)]).count == 1)
        #expect(JSONValue.object(object).sorted.json() == JSONValue.object(reversed).sorted.json())
        #expect(object != Self.object(0...count) && object != Self.object(1...count))
        #expect(object != reversed.setting("member 0", to: "0") && reversed.setting("member 0", to: .null) != object)
    }

    @Test("with a name twice is refused, however many members it has", arguments: [2, 17, 1000])
    func duplicates(count: Int) {
        let members = (0..<count).map { "\"\($0 % (count - 1))\":0" }.joined(separator: ",")
        #expect { try JSONValue(json: Data("{\(members)}".utf8)) } throws: {
            ($0 as? JSONSyntaxError)?.reason == "duplicate key"
        }
    }

    // A search from the first member on would take minutes for so many.
    @Test("of very many members is read, compared and decoded in time that grows as they do", .timeLimit(.minutes(1)))
    func many() throws {
        let count = 200_000
        let text = "{" + (0..<count).map { "\"member \($0)\":\($0)" }.joined(separator: ",") + "}"
        let value = try JSONValue(json: Data(text.utf8))
        #expect(value.members.count == count && value["member 199999"] == 199_999)
        #expect(JSONValue.object(JSONObject(value.members.reversed())) == value)
        #expect(try JSONCoding.decode([String: Int].self, from: value).count == count)
        #expect(value.json() == Data(text.utf8))
    }
}
