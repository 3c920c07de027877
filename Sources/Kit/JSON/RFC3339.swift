package import Foundation

/// Instants as texts: a date, a time and an offset (RFC 3339, section 5.6), in the Gregorian calendar.
///
/// It calculates by itself: Foundation has the Julian calendar before October 1582, and reads as the year 0 what Go and .NET
/// write for an instant that is not set, `0001-01-01T00:00:00Z`.
package enum RFC3339 {
    private static let secondsPerDay = 86_400
    /// The seconds of the years 1 to 9999 in UTC since 1970-01-01T00:00:00Z: RFC 3339 has no others.
    private static let range = -62_135_596_800.0..<253_402_300_800.0

    /// - Parameter epoch: seconds since 1970-01-01T00:00:00Z.
    /// - Returns: the instant in UTC, with the offset `+00:00`: not every reader of ISO 8601 takes “Z” for one.
    package static func text(epoch: Int) -> String { text(epoch: epoch, milliseconds: 0) }

    /// - Parameter milliseconds: are shown unless they are zero.
    private static func text(epoch: Int, milliseconds: Int) -> String {
        let (day, second) = epoch.dividedFlooring(by: secondsPerDay)
        let date = date(ofDay: day)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        func append(_ number: Int, _ divisor: Int, after separator: Character? = nil) {
            if let separator = separator?.asciiValue { text.append(separator) }
            var divisor = divisor
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
        }
        append(date.year, 1000)
        append(date.month, 10, after: "-")
        append(date.day, 10, after: "-")
        append(second / 3600, 10, after: "T")
        append(second / 60 % 60, 10, after: ":")
        append(second % 60, 10, after: ":")
        if milliseconds > 0 { append(milliseconds, 100, after: ".") }
        text.append(contentsOf: "+00:00".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: the instant in UTC, with milliseconds if they are not zero; `nil` for one outside the years 1 to 9999.
    static func text(_ date: Date) -> String? {
        guard range.contains(date.timeIntervalSince1970) else { return nil }
        let last = Int(range.upperBound) * 1000 - 1
        let milliseconds = min(Int((date.timeIntervalSince1970 * 1000).rounded()), last)
        let (epoch, rest) = milliseconds.dividedFlooring(by: 1000)
        return text(epoch: epoch, milliseconds: rest)
    }

    /// - Returns: `nil` if the text is not of RFC 3339, or is a time that could not be written in UTC.
    package static func date(_ text: String) -> Date? {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T", "t"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let fraction = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty,
            isOnCalendar(year, month, day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let epoch = self.day(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second - offset
        // A leap second ends a day of UTC.
        guard second < 60 || epoch % secondsPerDay == 0 else { return nil }
        let instant = min(Double(epoch) + fraction, range.upperBound.nextDown)
        return epoch < Int(range.upperBound) && range.contains(instant) ? Date(timeIntervalSince1970: instant) : nil
    }

    private static func isOnCalendar(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        guard 1...12 ~= month else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return 1...[31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ~= day
    }
}

extension RFC3339 {
    /// The days of 400 years, and those from the first of March of the year 0 to 1970-01-01. Years are counted from March,
    /// so that the day which not every year has is the last.
    private static let (daysPerEra, daysBeforeEpoch) = (146_097, 719_468)

    /// The days from 1970-01-01 to a date (H. Hinnant, “chrono-Compatible Low-Level Date Algorithms”, `days_from_civil`).
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let (era, yearOfEra) = (month > 2 ? year : year - 1).dividedFlooring(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * daysPerEra + dayOfEra - daysBeforeEpoch
    }

    /// The date so many days after 1970-01-01 (the same, `civil_from_days`).
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = (day + daysBeforeEpoch).dividedFlooring(by: daysPerEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / (daysPerEra - 1)) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month > 2 ? 0 : 1)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

/// Reads the parts of a time, one after the other.
private struct Reader {
    var rest: ArraySlice<UInt8>

    /// - Returns: `nil` unless there are so many digits.
    mutating func number(_ digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy(Self.isDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    mutating func skip(_ characters: Character...) -> Bool {
        guard let next = rest.first, characters.contains(where: { $0.asciiValue == next }) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A part of a second, of any number of digits; 0 if there is none.
    mutating func fraction() -> Double? {
        guard skip(".") else { return 0 }
        let digits = rest.prefix(while: Self.isDigit)
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : Double("0." + String(decoding: digits, as: UTF8.self))
    }

    /// The seconds by which a local time is ahead of UTC.
    mutating func offset() -> Int? {
        if skip("Z", "z") { return 0 }
        let isBehind = rest.first == UInt8(ascii: "-")
        guard skip("+", "-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

extension Int {
    /// The quotient, rounded down, and the remainder, which is not negative.
    fileprivate func dividedFlooring(by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
