import Foundation
import Testing

@testable import Tokens

@Suite("Base64url and the names of members")
struct TextTests {
    @Test("base64url is read as it was written, and agrees with Foundation's base64")
    func base64() {
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
            let text = Base64URL.encode(bytes)
            let theirs = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            #expect(text == theirs.replacing("=", with: ""))
            #expect(Base64URL.decode(text.utf8) == bytes)
        }
    }

    @Test(
        "base64url has one text for one sequence of bytes",
        arguments: [
            "A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A+", "A/", "A A", "AA\n", "é", "AA.", "-_-",
        ])
    func strict(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test("the names at the top level are found, whatever lies deeper or in strings")
    func names() {
        let json = #"{ "a" : {"a":1,"b":[{"a":2}]}, "c":"\"x\":{", "d":["e"], "ü":"a" }"#
        #expect(MemberNames.read(Array(json.utf8)) == ["a", "c", "d", "ü"])
        #expect(MemberNames.read(Array("{}".utf8)) == [])
    }

    @Test(
        "a name that is said twice or written with an escape is refused",
        arguments: [
            #"{"a":1,"a":2}"#, #"{"a":1,"b":{},"a" : 2}"#, #"{"\u0061":1}"#, #"{"a":1,"b\n":2}"#, "{\u{0}\"b\":1}",
            #"{"a"#, #"{"a\"#,
        ])
    func duplicates(text: String) {
        #expect(MemberNames.read(Array(text.utf8)) == nil)
    }
}
