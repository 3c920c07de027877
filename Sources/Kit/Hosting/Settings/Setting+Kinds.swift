import Foundation

extension Setting where Value == String {
    /// Any text. An empty one, as Compose makes of a variable that is not set, is the default.
    public static func text(
        _ name: String, _ summary: String, default defaultValue: String?, example: String? = nil, isSecret: Bool = false
    ) -> Setting {
        Setting(name, summary, default: defaultValue, example: example, isSecret: isSecret) {
            $0.isEmpty ? defaultValue ?? "" : $0
        }
    }
}

extension Setting where Value == [String] {
    /// Words with commas between them.
    public static func list(
        _ name: String, _ summary: String, default defaultValue: String?, example: String? = nil
    ) -> Setting {
        Setting(name, summary, default: defaultValue, example: example) { text in
            text.listed
        }
    }
}

extension Setting where Value == Int {
    /// A whole number within a range. An empty text is the default.
    public static func integer(
        _ name: String, _ range: ClosedRange<Int>, _ summary: String, default defaultValue: Int
    ) -> Setting {
        Setting(name, summary, default: String(defaultValue)) { text throws(SettingFault) in
            if text.isEmpty { return defaultValue }
            guard let number = Int(text), range.contains(number) else {
                throw SettingFault("must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Bool {
    /// `true` or `false`, in capitals or not. An empty text is the default.
    ///
    /// - Parameter defaultValue: empty for none, if it is read as optional.
    public static func boolean(_ name: String, _ summary: String, default defaultValue: String) -> Setting {
        Setting(name, summary, default: defaultValue) { text throws(SettingFault) in
            guard let value = Bool(text.isEmpty ? defaultValue : text.lowercased()) else {
                throw SettingFault("must be true or false")
            }
            return value
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words, in capitals or not. An empty text is the default.
    public static func choice(_ name: String, _ summary: String, default defaultValue: Value) -> Setting {
        Setting(name, summary, default: defaultValue.rawValue) { text throws(SettingFault) in
            if text.isEmpty { return defaultValue }
            guard let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
                throw SettingFault("must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return value
        }
    }
}

extension String {
    /// The elements between the commas of a list, without the space around them; empty if there is nothing else.
    var listed: [String] {
        split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    }
}
