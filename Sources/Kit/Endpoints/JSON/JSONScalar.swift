import Foundation

/// A type that is written as one JSON string, number or word.
///
/// Each container has methods of its own for it, which the requirements of `Codable` for strings and numbers resolve
/// to: those for any type would come back to them, without end.
protocol JSONScalar: Codable {
    /// - Throws: `EncodingError` if JSON cannot say it.
    func append(to bytes: inout [UInt8]) throws

    /// - Returns: `nil` if the value is of another sort, or too large.
    init?(json: JSONValue)
}

extension String: JSONScalar {
    func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = self
        text.withUTF8 { utf8 in
            // Room for what follows a long text, too, so that it is not copied once more for a few bytes.
            let needed = bytes.count + utf8.count
            if needed > bytes.capacity { bytes.reserveCapacity(needed + needed / 4) }
            var start = 0
            while true {
                let end = StringScan.firstSpecial(in: utf8, from: start)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
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

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
        case 0..<0x10: bytes.append(contentsOf: (#"\u000"# + String(byte, radix: 16)).utf8)
        case 0x10..<0x20: bytes.append(contentsOf: (#"\u00"# + String(byte, radix: 16)).utf8)
        default:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }
}

extension Bool: JSONScalar {
    func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (self ? "true" : "false").utf8)
    }

    init?(json: JSONValue) {
        guard case .bool(let flag) = json else { return nil }
        self = flag
    }
}

extension JSONScalar where Self: BinaryInteger & LosslessStringConvertible {
    func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: description.utf8)
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
    func append(to bytes: inout [UInt8]) throws {
        guard isFinite else {
            let context = EncodingError.Context(codingPath: [], debugDescription: "JSON has no number \(self)")
            throw EncodingError.invalidValue(self, context)
        }
        bytes.append(contentsOf: description.utf8)
    }

    init?(json: JSONValue) {
        switch json {
        case .integer(let number): self.init(number)
        case .number(let number): self.init(number)
        default: return nil
        }
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
    func append(to bytes: inout [UInt8]) throws {
        let milliseconds = (timeIntervalSince1970 * 1000).rounded()
        guard Timestamp.isWritable(self) else {
            let context = EncodingError.Context(codingPath: [], debugDescription: "RFC 3339 has no such date")
            throw EncodingError.invalidValue(self, context)
        }
        let (seconds, fraction) = Int(milliseconds).dividedFlooring(by: 1000)
        let text = Timestamp(epoch: seconds).description
        let digits = fraction == 0 ? "" : "." + String(1000 + fraction).dropFirst()
        (text.dropLast("+00:00".count) + digits + "+00:00").append(to: &bytes)
    }

    init?(json: JSONValue) {
        guard let date = json.string.flatMap(Timestamp.date) else { return nil }
        self = date
    }
}

extension Int {
    /// The quotient, rounded down, and the remainder, which is not negative.
    fileprivate func dividedFlooring(by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Decimal: JSONScalar {
    func append(to bytes: inout [UInt8]) throws {
        guard !isNaN else {
            let context = EncodingError.Context(codingPath: [], debugDescription: "JSON has no number \(self)")
            throw EncodingError.invalidValue(self, context)
        }
        bytes.append(contentsOf: description.utf8)
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
    func append(to bytes: inout [UInt8]) { absoluteString.append(to: &bytes) }

    init?(json: JSONValue) {
        guard let url = json.string.flatMap({ URL(string: $0) }) else { return nil }
        self = url
    }
}

extension UUID: JSONScalar {
    /// In lower case (RFC 9562, section 4).
    func append(to bytes: inout [UInt8]) { uuidString.lowercased().append(to: &bytes) }

    init?(json: JSONValue) {
        guard let id = json.string.flatMap({ UUID(uuidString: $0) }) else { return nil }
        self = id
    }
}

extension Data: JSONScalar {
    /// In Base64 (RFC 4648, section 4).
    func append(to bytes: inout [UInt8]) { base64EncodedString().append(to: &bytes) }

    init?(json: JSONValue) {
        guard let data = json.string.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        self = data
    }
}
