import Foundation
import JOSE
import Testing

@Suite("Base64url")
struct Base64URLTests {
    @Test("is read as it was written, and agrees with Foundation's base64")
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
        "has one text for one sequence of bytes",
        arguments: [
            "A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A+", "A/", "A A", "AA\n", "é", "AA.", "-_-",
        ])
    func strict(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
