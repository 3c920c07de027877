import Configuration
import Foundation
import SystemPackage

/// Reads settings from the environment, and where that says nothing, from a `.env` file.
public struct Settings: Sendable {
    private let reader: ConfigReader
    /// What the `.env` file says, where others than its owner can read it.
    private let exposed: ConfigReader?

    /// The environment first, then the file at `path`, which need not exist.
    ///
    /// - Throws: ``SettingsError`` where the file cannot be read.
    public init(environmentFile path: String = ".env") async throws(SettingsError) {
        do {
            let file = try await EnvironmentVariablesProvider(environmentFilePath: FilePath(path), allowMissing: true)
            reader = ConfigReader(providers: [EnvironmentVariablesProvider(), file])
            exposed = Self.isExposed(path) ? ConfigReader(provider: file) : nil
        } catch {
            throw SettingsError(description: "The settings file \(path) cannot be read: \(error)")
        }
    }

    /// Settings from a dictionary, for tests.
    public init(_ values: [String: String]) {
        reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
        exposed = nil
    }

    /// Reads a setting.
    ///
    /// - Throws: ``SettingsError``, a sentence that names the setting: it is necessary and missing, or its text is wrong.
    public func callAsFunction<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value {
        let name = setting.description.name
        guard let text = try text(name, setting.description) else {
            throw SettingsError(description: "\(name) is not set. It is: \(setting.description.summary)")
        }
        do throws(SettingFault) {
            return try setting.parse(text)
        } catch {
            let shown = setting.description.isSecret ? "" : ", not “\(text)”"
            throw SettingsError(description: "\(name) \(error.reason)\(shown).")
        }
    }

    /// Reads a setting that may be missing.
    public func optional<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value? {
        guard let text = try text(setting.description.name, setting.description), !text.isEmpty else { return nil }
        return try self(setting)
    }

    /// A secret that stands in a settings file which others than its owner can read.
    ///
    /// - Parameter settings: those that there are.
    /// - Returns: its name, or `nil` where no secret is so exposed.
    public func exposedSecret(of settings: [SettingDescription]) -> String? {
        settings.first { $0.isSecret && exposed?.string(forKey: Self.key($0.name))?.isEmpty == false }?.name
    }

    private func text(_ name: String, _ description: SettingDescription) throws(SettingsError) -> String? {
        // An empty secret is none: env.example has it empty beside its _FILE.
        if let text = value(name), !(text.isEmpty && description.isSecret) { return text }
        guard description.isSecret, let path = value(name + "_FILE"), !path.isEmpty else { return description.standard }
        return try secret(name + "_FILE", at: path)
    }

    private func value(_ name: String) -> String? {
        reader.string(forKey: Self.key(name))
    }

    private static func key(_ name: String) -> ConfigKey {
        ConfigKey(name.split(separator: "_").map { $0.lowercased() })
    }

    private static func isExposed(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.posixPermissions] as? Int ?? 0) & 0o077 != 0
    }

    private func secret(_ name: String, at path: String) throws(SettingsError) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = attributes?[.posixPermissions] as? Int, let data = FileManager.default.contents(atPath: path)
        else { throw SettingsError(description: "\(name) names \(path), which cannot be read.") }
        guard mode & 0o077 == 0 else {
            throw SettingsError(description: "\(name) names \(path), which others than its owner can read.")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A setting is wrong or missing, and the start stops: a sentence that names it.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(description: String) {
        self.description = description
    }
}
