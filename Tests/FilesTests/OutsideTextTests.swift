import Foundation
import Testing

@testable import Files

@Suite("Text from outside")
struct OutsideTextTests {
    @Test(
        "is the same however an editor has marked it and ended its lines",
        arguments: ["a\nb\n", "a\r\nb\r\n", "\u{FEFF}a\nb\n", "\u{FEFF}a\r\nb\n"])
    func ends(_ text: String) {
        #expect(String(outside: Data(text.utf8)) == "a\nb\n")
    }

    @Test("is refused if it is not UTF-8", arguments: [[0xFF, 0xFE, 0x61, 0x00], [0x61, 0xE4], [0xC0, 0x80]])
    func notUTF8(_ bytes: [UInt8]) {
        #expect(String(outside: Data(bytes)) == nil)
    }

    @Test("may be empty")
    func empty() {
        #expect(String(outside: Data()) == "")
        #expect(String(outside: Data([0xEF, 0xBB, 0xBF])) == "")
    }
}
