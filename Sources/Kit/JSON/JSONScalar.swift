package import Foundation

/// A type that is written as one JSON string, number or word.
///
/// Each container has methods of its own for it, which the requirements of `Codable` for strings and numbers resolve
/// to: those for any type would come back to them, without end.
protocol JSONScalar: Codable {
    /// - Throws: `EncodingError` if JSON cannot say it.
    func append(to bytes: inout TextBytes) throws

    /// - Returns: `nil` if the value is of another sort, or too large.
    init?(json: JSONValue)
}

extension EncodingError {
    /// A value that JSON cannot say.
    static func notJSON(_ value: Any, _ reason: String) -> EncodingError {
        .invalidValue(value, Context(codingPath: [], debugDescription: reason))
    }
}

extension String: JSONScalar {
    func append(to bytes: inout TextBytes) {
        bytes.append(UInt8(ascii: "\""))
        var text = self
        text.withUTF8 { utf8 in
            bytes.reserve(utf8.count)
            var start = 0
            while true {
                let end = StringScan.firstSpecial(in: utf8, from: start)
                bytes.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[start..<end]))
                guard end < utf8.count else { break }
                Self.appendEscaped(utf8[end], to: &bytes)
                start = end + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    init?(json: JSONValue) {
        guard case .string(let text) = json else { return nil }
        self = text
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout TextBytes) {
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(#"\n"#)
        case UInt8(ascii: "\r"): bytes.append(#"\r"#)
        case UInt8(ascii: "\t"): bytes.append(#"\t"#)
        case 0..<0x10: bytes.append(#"\u000"# + String(byte, radix: 16))
        case 0x10..<0x20: bytes.append(#"\u00"# + String(byte, radix: 16))
        default:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }
}

extension Bool: JSONScalar {
    func append(to bytes: inout TextBytes) {
        bytes.append(self ? "true" : "false")
    }

    init?(json: JSONValue) {
        guard case .bool(let flag) = json else { return nil }
        self = flag
    }
}

extension JSONScalar where Self: BinaryInteger & LosslessStringConvertible {
    func append(to bytes: inout TextBytes) throws {
        guard Int(exactly: self) != nil else {
            throw EncodingError.notJSON(self, "\(self) would not be read again: the largest integer is \(Int.max)")
        }
        bytes.append(description)
    }

    init?(json: JSONValue) {
        guard case .integer(let number) = json else { return nil }
        self.init(exactly: number)
    }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension Int128: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
extension UInt128: JSONScalar {}

extension JSONScalar where Self: BinaryFloatingPoint & LosslessStringConvertible {
    func append(to bytes: inout TextBytes) throws {
        guard isFinite else { throw EncodingError.notJSON(self, "JSON has no number \(self)") }
        bytes.append(description)
    }

    init?(json: JSONValue) {
        switch json {
        case .integer(let number): self.init(number)
        case .number(let number): self.init(number)
        default: return nil
        }
        // A Float has no 1e300, and JSON no infinity.
        guard isFinite else { return nil }
    }
}

extension Double: JSONScalar {}
extension Float: JSONScalar {}

// MARK: - Foundation

/// The types of Foundation that are written as one string or number. Their own `Codable` forms are those of property lists:
/// a date is a number of seconds since 2001 there, and a decimal number an object.
///
/// They have no methods of their own in the containers, as `Codable` has none for them, and are found by their type.
enum FoundationScalar {
    static func contains(_ type: Any.Type) -> Bool {
        type == Date.self || type == Decimal.self || type == URL.self || type == UUID.self || type == Data.self
    }
}

extension Date: JSONScalar {
    /// In UTC, as RFC 3339 has it, with milliseconds if they are not zero.
    func append(to bytes: inout TextBytes) throws {
        guard let text = RFC3339.text(self) else {
            // Not the date itself: Foundation ends the process if it describes one that is not finite.
            throw EncodingError.notJSON(timeIntervalSince1970, "RFC 3339 has no such date")
        }
        text.append(to: &bytes)
    }

    init?(json: JSONValue) {
        guard let date = json.string.flatMap(RFC3339.date) else { return nil }
        self = date
    }
}

extension Decimal: JSONScalar {
    func append(to bytes: inout TextBytes) throws {
        guard !isNaN else { throw EncodingError.notJSON(self, "JSON has no number \(self)") }
        bytes.append(description)
    }

    /// A fraction is read as the shortest decimal number that stands for it: as it was written, up to 15 digits.
    init?(json: JSONValue) {
        switch json {
        case .integer(let number): self.init(number)
        case .number(let number): self.init(string: number.description)
        default: return nil
        }
    }
}

extension URL: JSONScalar {
    func append(to bytes: inout TextBytes) { absoluteString.append(to: &bytes) }

    init?(json: JSONValue) {
        guard let url = json.string.flatMap({ URL(string: $0) }) else { return nil }
        self = url
    }
}

extension UUID: JSONScalar {
    /// In lower case (RFC 9562, section 4).
    func append(to bytes: inout TextBytes) { uuidString.lowercased().append(to: &bytes) }

    init?(json: JSONValue) {
        guard let id = json.string.flatMap({ UUID(uuidString: $0) }) else { return nil }
        self = id
    }
}

extension Data: JSONScalar {
    /// In Base64 (RFC 4648, section 4).
    func append(to bytes: inout TextBytes) { base64EncodedString().append(to: &bytes) }

    init?(json: JSONValue) {
        guard let data = json.string.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        self = data
    }
}

extension JSONParser {
    mutating func string() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        index = StringScan.firstSpecial(in: bytes, from: start)
        if peek == UInt8(ascii: "\"") {
            defer { index += 1 }
            return try text(UnsafeBufferPointer(rebasing: bytes[start..<index]))
        }
        var unescaped = Array(bytes[start..<index])
        while consume("\\") {
            try escape(into: &unescaped)
            let start = index
            index = StringScan.firstSpecial(in: bytes, from: start)
            unescaped.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
        }
        guard consume("\"") else {
            throw fault(peek == nil ? "a string is not closed" : "a string holds a control character")
        }
        return try text(unescaped)
    }

    private func text(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else { throw fault("a string is not UTF-8") }
        return string
    }

    /// Reads what follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        guard let letter = peek else { throw fault("a string is not closed") }
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicode()).utf8)
        default: throw fault("an escape is not known")
        }
    }

    private mutating func unicode() throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, consume("\\"), consume("u") else { throw fault("half of a surrogate pair is missing") }
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw fault("half of a surrogate pair is missing") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 1...4 {
            guard let digit = peek.flatMap(Self.hexadecimal) else { throw fault("four hexadecimal digits are missing") }
            unit = unit << 4 | digit
            index += 1
        }
        return unit
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}

/// The bytes of JSON strings, read eight at a time: long texts cost little more than their copy.
enum StringScan {
    /// The offset of the first byte, from `start` on, that does not stand for itself in a JSON string: a quotation mark, a
    /// backslash or a control character (RFC 8259, section 7). The number of bytes if there is none.
    static func firstSpecial(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index &+ 32 <= raw.count {
            let marks =
                marks(in: raw, at: index) | marks(in: raw, at: index &+ 8) | marks(in: raw, at: index &+ 16)
                | marks(in: raw, at: index &+ 24)
            guard marks == 0 else { break }
            index &+= 32
        }
        while index < raw.count, !isSpecial(raw[index]) { index &+= 1 }
        return index
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Zero if none of the eight bytes is special: the highest bit of each byte that is below 0x20, or zero after the
    /// comparison with a character. A borrow marks bytes beside a special one only.
    @inline(__always)
    private static func marks(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let quote = word ^ each(UInt8(ascii: "\""))
        let backslash = word ^ each(UInt8(ascii: "\\"))
        let below =
            (word &- each(0x20)) & ~word | (quote &- each(1)) & ~quote | (backslash &- each(1)) & ~backslash
        return below & each(0x80)
    }

    @inline(__always)
    private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
