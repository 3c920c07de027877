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
            isSecret: isSecret, check: { text throws(SettingFault) in _ = try parse(text) })
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
    /// Reads a text as the setting's value.
    let check: @Sendable (String) throws(SettingFault) -> Void

    /// True if both have the same name and the same words; how their texts are read is not compared.
    public static func == (one: Self, other: Self) -> Bool {
        one.name == other.name && one.summary == other.summary && one.defaultValue == other.defaultValue
            && one.example == other.example && one.isSecret == other.isSecret
    }

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
