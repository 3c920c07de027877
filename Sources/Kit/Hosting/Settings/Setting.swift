import Foundation

/// One setting: an environment variable, what it means, and how its text is read.
///
/// Settings are read at the start only, and all of them are named here or by the service they belong to, so that
/// `env.example` can be written from the same values.
public struct Setting<Value: Sendable>: Sendable {
    /// The setting without the type of its value.
    public let description: SettingDescription
    let parse: @Sendable (String) throws(SettingFault) -> Value

    /// - Parameters:
    ///   - name: of the environment variable, upper case.
    ///   - example: its line in `env.example`.
    ///   - defaultValue: `nil` makes the setting necessary.
    ///   - isSecret: its value is never shown, and `NAME_FILE` may name a file that holds it.
    ///   - parse: reads the text, or throws a sentence on what is wrong with it.
    public init(
        _ name: String, _ summary: String, default defaultValue: String?, example: String? = nil,
        isSecret: Bool = false,
        parse: @escaping @Sendable (String) throws(SettingFault) -> Value
    ) {
        description = SettingDescription(
            name: name, summary: summary, defaultValue: defaultValue, example: example ?? defaultValue ?? "",
            isSecret: isSecret)
        self.parse = parse
    }
}

/// A setting without the type of its value.
public struct SettingDescription: Sendable, Equatable {
    /// The name of the environment variable.
    public let name: String
    /// One or two sentences for `env.example`.
    public let summary: String
    /// The text that counts if none is set; `nil` if one must be.
    public let defaultValue: String?
    /// The text that `env.example` has.
    public let example: String
    /// True if the value must not be shown, and may come from a file.
    public let isSecret: Bool

    /// The setting that may name a file with the value in it; `nil` unless the value is a secret.
    public var fileName: String? { isSecret ? name + "_FILE" : nil }
}

/// The fault in the text of a setting: the end of a sentence that begins with the setting's name.
public struct SettingFault: Error, Sendable {
    /// The end of a sentence that begins with the setting's name.
    public let reason: String
    /// The part of the text that is wrong; `nil` if all of it may be.
    public let part: String?

    /// A fault with its reason.
    ///
    /// - Parameter part: of a text with several, the one that is wrong. It is shown unless it may be a secret.
    public init(_ reason: String, part: String? = nil) {
        self.reason = reason
        self.part = part
    }
}

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
