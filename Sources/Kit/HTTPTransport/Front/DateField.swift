import Foundation
import HTTPTypes
import Synchronization

/// The header field `Date` (RFC 9110, section 6.6.1), written anew once a second.
final class DateField: Sendable {
    private struct Written {
        var second = Int.min
        var field = HTTPField(name: .date, value: "")
    }

    private let written = Mutex(Written())

    private static let style = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\
            \(second: .twoDigits) GMT
            """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    var now: HTTPField {
        let second = Int(Date.now.timeIntervalSince1970)
        return written.withLock { written in
            if written.second != second {
                let date = Date(timeIntervalSince1970: Double(second))
                written = Written(second: second, field: HTTPField(name: .date, value: date.formatted(Self.style)))
            }
            return written.field
        }
    }
}
