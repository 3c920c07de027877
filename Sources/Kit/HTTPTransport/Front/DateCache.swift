import Glibc
import Synchronization

/// The value of the header field `Date` (RFC 9110, section 6.6.1), formatted once a second.
final class DateCache: Sendable {
    private struct Written {
        var second = Int.min
        var text = ""
    }

    private let written = Mutex(Written())

    var now: String {
        let second = time(nil)
        return written.withLock { written in
            if written.second != second { written = Written(second: second, text: Self.text(of: second)) }
            return written.text
        }
    }

    /// - Parameter second: since 1970-01-01T00:00:00Z.
    static func text(of second: Int) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        // Foundation's formatter would load ICU. Names are English in the process's first locale, C, which nobody changes.
        return String(unsafeUninitializedCapacity: 32) { text in
            text.withMemoryRebound(to: CChar.self) { text in
                strftime(text.baseAddress, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            }
        }
    }
}
