import Foundation

/// A moment as RFC 3339 writes it: a date, a time and an offset.
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
        for style in [Date.ISO8601FormatStyle.iso8601, Date.ISO8601FormatStyle(includingFractionalSeconds: true)] {
            guard let date = try? style.parse(text) else { continue }
            epoch = Int(date.timeIntervalSince1970.rounded(.down))
            description = text
            return
        }
        throw Problem(.invalid, "“\(text)” is not a date and time as in RFC 3339.")
    }

    /// It writes UTC as “Z”, which not every reader of ISO 8601 takes for an offset.
    private static let style = Date.ISO8601FormatStyle()
}
