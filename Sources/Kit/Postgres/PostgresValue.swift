/// A parameter of a statement, or a column of a row, in PostgreSQL's text format.
public protocol PostgresValue: Sendable {
    /// The text that is sent; `nil` for NULL.
    var postgresText: String? { get }
    /// - Returns: `nil` if the text is no such value.
    init?(postgresText: String?)
}

extension String: PostgresValue {
    public var postgresText: String? { self }

    public init?(postgresText: String?) {
        guard let postgresText else { return nil }
        self = postgresText
    }
}

extension PostgresValue where Self: LosslessStringConvertible {
    public var postgresText: String? { description }

    public init?(postgresText: String?) {
        guard let postgresText else { return nil }
        self.init(postgresText)
    }
}

extension Int: PostgresValue {}
extension Int64: PostgresValue {}
extension Double: PostgresValue {}

extension Bool: PostgresValue {
    public var postgresText: String? { self ? "t" : "f" }

    public init?(postgresText: String?) {
        guard let postgresText, ["t", "f"].contains(postgresText) else { return nil }
        self = postgresText == "t"
    }
}

extension Optional: PostgresValue where Wrapped: PostgresValue {
    public var postgresText: String? { flatMap(\.postgresText) }

    public init?(postgresText: String?) {
        guard postgresText != nil else {
            self = .none
            return
        }
        guard let value = Wrapped(postgresText: postgresText) else { return nil }
        self = value
    }
}

/// `bytea`: `\x` and two hexadecimal digits a byte.
extension Array: PostgresValue where Element == UInt8 {
    public var postgresText: String? {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(
            decoding: Array("\\x".utf8) + flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public init?(postgresText: String?) {
        guard let postgresText, postgresText.hasPrefix("\\x") else { return nil }
        let digits = postgresText.dropFirst(2).compactMap(\.hexDigitValue)
        guard digits.count == postgresText.count - 2, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
