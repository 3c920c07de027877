import Foundation

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
