extension Schema {
    /// Reads a value that came as text, in a path or a query.
    ///
    /// - Returns: the value of the schema's kind; a text that is not of that kind stays a string, which
    ///   ``faults(of:at:)`` then reports.
    public func value(ofText text: String) -> JSONValue {
        switch kind {
        case .integer: Int(text).map(JSONValue.integer) ?? .string(text)
        // Swift reads hexadecimal fractions, too; JSON does not.
        case .number where text.contains { "xX".contains($0) }: .string(text)
        case .number: Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .string(text)
        case .boolean: ["true": .bool(true), "false": .bool(false)][text] ?? .string(text)
        default: .string(text)
        }
    }
}

extension JSONValue {
    /// The text of a scalar, as it travels in a path or a query; `nil` for null, arrays and objects.
    public var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .array, .object: nil
        }
    }
}
