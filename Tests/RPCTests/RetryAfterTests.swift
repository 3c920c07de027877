import Foundation
import Testing

@testable import RPC

@Suite("The pause of Retry-After")
struct RetryAfterTests {
    private let now = Date(timeIntervalSince1970: 784_111_777)

    @Test(
        "is a number of seconds, or the time until a date",
        arguments: [
            ("7", 7), ("0", 0), ("-3", 0), ("9223372036854775807", 1_000_000_000),
            ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
            ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400), ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ])
    func forms(text: String, seconds: Int) {
        #expect(Duration(retryAfter: text, at: now) == .seconds(seconds))
    }

    @Test("is none if it is neither", arguments: ["", "soon", "1.5", "Sun, 06 Nov 1994", "06 Nov 1994 08:49:37 GMT x"])
    func none(text: String) {
        #expect(Duration(retryAfter: text, at: now) == nil)
    }
}
