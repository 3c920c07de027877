import Foundation
import JSON

/// An instant as RFC 3339 writes it: a date, a time and an offset.
public struct Timestamp: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    /// Seconds since 1970-01-01T00:00:00Z.
    public let epoch: Int

    /// - Parameter epoch: seconds since 1970-01-01T00:00:00Z. It is written in UTC, with the offset `+00:00`.
    public init(epoch: Int) {
        self.epoch = epoch
        description = RFC3339.text(epoch: epoch)
    }

    /// - Throws: ``Problem/Kind/invalid`` if the text is not of RFC 3339.
    public init(_ text: String) throws(Problem) {
        guard let date = RFC3339.date(text) else {
            throw Problem(.invalid, "“\(text)” is not a date and time as in RFC 3339.")
        }
        epoch = Int(date.timeIntervalSince1970.rounded(.down))
        description = text
    }
}
