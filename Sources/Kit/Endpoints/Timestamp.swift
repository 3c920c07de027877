import Foundation

/// An instant as RFC 3339 writes it: a date, a time and an offset.
public struct Timestamp: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    /// Seconds since 1970-01-01T00:00:00Z.
    public let epoch: Int

    /// - Parameter epoch: seconds since 1970-01-01T00:00:00Z. It is written in UTC, with the offset `+00:00`.
    public init(epoch: Int) {
        self.epoch = epoch
        description = Date(timeIntervalSince1970: Double(epoch)).formatted(Self.style).dropLast() + "+00:00"
    }

    /// - Throws: ``Problem/Kind/invalid`` if the text is not of RFC 3339.
    public init(_ text: String) throws(Problem) {
        guard let date = Self.date(text) else {
            throw Problem(.invalid, "“\(text)” is not a date and time as in RFC 3339.")
        }
        epoch = Int(date.timeIntervalSince1970.rounded(.down))
        description = text
    }

    /// - Returns: `nil` if the text is not of RFC 3339, or is a time that could not be written in UTC.
    static func date(_ text: String) -> Date? {
        guard isOnCalendar(text) else { return nil }
        let date =
            (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
        return date.flatMap { isWritable($0) ? $0 : nil }
    }

    /// True for the years 1 to 9999 in UTC, to the millisecond: RFC 3339 has no others.
    static func isWritable(_ date: Date) -> Bool {
        (-62_135_596_800_000.0..<253_402_300_800_000.0).contains((date.timeIntervalSince1970 * 1000).rounded())
    }

    /// Foundation takes the 30th of February for the 2nd of March, and 24:60 for 01:00.
    private static func isOnCalendar(_ text: String) -> Bool {
        let numbers = text.utf8.prefix(19).split { !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) }
            .compactMap { Int(String(Substring($0))) }
        guard numbers.count == 6, 1...12 ~= numbers[1] else { return false }
        let (year, month) = (numbers[0], numbers[1])
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return 1...days ~= numbers[2] && 0...23 ~= numbers[3] && 0...59 ~= numbers[4] && 0...60 ~= numbers[5]
    }

    /// It writes UTC as “Z”, which not every reader of ISO 8601 takes for an offset.
    private static let style = Date.ISO8601FormatStyle()
}
