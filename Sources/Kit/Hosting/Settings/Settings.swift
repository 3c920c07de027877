import Files
import Foundation
import Synchronization

/// Reads settings from the environment, and what is not set there from a `.env` file.
public struct Settings: Sendable {
    /// The folder of services' sockets by default, in the working directory.
    public static let defaultSocketFolder = ".run"

    /// The folder of the sockets whose addresses no setting names.
    public let socketFolder: String
    private let environment: [String: String]
    private let file: EnvironmentFile?
    private let path: String
    private let secrets = Secrets()

    /// The environment first, then the file at `path`. Only ``defaultFile`` need not exist: a file that somebody names is
    /// meant to be read.
    ///
    /// - Throws: ``SettingsError`` if the file cannot be found or read, with the number of the line that is not understood.
    public init(
        environmentFile path: String = defaultFile, socketFolder: String = defaultSocketFolder
    ) throws(SettingsError) {
        self.path = path
        self.socketFolder = socketFolder
        environment = ProcessInfo.processInfo.environment
        file = try EnvironmentFile(path, environment: environment)
        var link = stat()
        guard file != nil || (path == Self.defaultFile && lstat(path, &link) != 0) else {
            throw SettingsError(description: "There is no settings file \(path), or its link leads nowhere.")
        }
    }

    /// The settings file of the directory that a process runs in.
    public static let defaultFile = ".env"

    /// Settings from a dictionary, for tests.
    public init(_ values: [String: String], socketFolder: String = defaultSocketFolder) {
        path = ""
        self.socketFolder = socketFolder
        environment = values
        file = nil
    }

    /// Reads a setting.
    ///
    /// - Throws: ``SettingsError``, a sentence that names the setting: it is necessary and missing, or its text is wrong.
    public func value<Value>(for setting: Setting<Value>) throws(SettingsError) -> Value {
        let name = setting.description.name
        guard let text = try text(setting.description) else {
            throw SettingsError(description: "\(name) is not set. It is: \(setting.description.summary)")
        }
        do throws(SettingFault) {
            return try setting.parse(text)
        } catch {
            throw self.error(error, in: text, of: setting.description)
        }
    }

    /// Reads a setting that may be missing.
    ///
    /// - Throws: ``SettingsError`` if its text is wrong.
    public func optional<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value? {
        guard let text = try text(setting.description), !text.isEmpty else { return nil }
        return try value(for: setting)
    }

    /// The text of a setting that a service would read, for those who show it.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: ``SettingsError`` if its text is wrong, as ``value(for:)`` does. An empty one of a setting that may be missing
    ///   is not.
    public func checkedText(_ setting: SettingDescription) throws(SettingsError) -> String? {
        guard let text = try text(setting) else { return nil }
        guard !text.isEmpty || setting.defaultValue?.isEmpty != true else { return text }
        do throws(SettingFault) {
            try setting.check(text)
        } catch {
            throw self.error(error, in: text, of: setting)
        }
        return text
    }

    /// The text of a setting: from the environment, then from the settings file, in each by its name or by `NAME_FILE`;
    /// otherwise its default.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: ``SettingsError`` if the file that `NAME_FILE` names cannot be used, or says otherwise than the setting
    ///   beside it.
    public func text(_ setting: SettingDescription) throws(SettingsError) -> String? {
        if let text = try text(setting, in: environmentValue) { return text }
        return try text(setting, in: fileValue) ?? setting.defaultValue
    }

    private func text(
        _ setting: SettingDescription, in value: (String) -> String?
    ) throws(SettingsError) -> String? {
        // An empty secret is none: env.example has it empty beside its _FILE. Whoever makes a Secret or a ConfigMap of
        // Kubernetes by echo has a line end behind the value, and an env-file of Windows has a CR there.
        let text = trimmed(value(setting.name)).flatMap { $0.isEmpty && setting.isSecret ? nil : $0 }
        guard let name = setting.fileName, let path = trimmed(value(name)), !path.isEmpty else { return text }
        let secret = try secrets.text(at: path) { () throws(SettingsError) in try self.secret(name, at: path) }
        guard let text, let secret, text != secret else { return text ?? secret }
        throw SettingsError(
            description: "\(setting.name) and \(name) are both set, and differ: remove one of them.")
    }

    /// A secret that stands in a settings file which others than its owner can read.
    ///
    /// - Parameter settings: those that there are.
    /// - Returns: its name, or `nil` if no secret is so exposed.
    public func exposedSecret(of settings: [SettingDescription]) -> String? {
        guard let file, file.isExposed else { return nil }
        return settings.first { $0.isSecret && file.entries[$0.name]?.value?.isEmpty == false }?.name
    }

    /// The names that are no settings: all of the file's, and those of the environment that are nearly one.
    ///
    /// - Parameter settings: those that there are.
    public func unknown(of settings: [SettingDescription]) -> [UnknownSetting] {
        let known = KnownNames(settings)
        let inFile = (file?.entries ?? [:]).sorted { $0.value.line < $1.value.line }.compactMap { name, entry in
            // A line that is only a word may be a part of a secret.
            let shown = entry.value == nil ? "a name without a value" : name
            return known.unknown(shown, at: "\(path), line \(entry.line)", is: name)
        }
        let inEnvironment = environment.keys.sorted().compactMap { known.unknown($0, at: "the environment", is: $0) }
        return inFile + inEnvironment.filter { $0.nearest != nil }
    }

    /// The settings that Kubernetes has filled with service links, which are passed over.
    ///
    /// - Parameter settings: those that there are.
    public func serviceLinks(of settings: [SettingDescription]) -> [String] {
        settings.map(\.name).filter { name in environment[name].map { ServiceLink.isOne(name, $0) } ?? false }
    }

    private func environmentValue(_ name: String) -> String? {
        environment[name].flatMap { ServiceLink.isOne(name, $0) ? nil : $0 }
    }

    private func trimmed(_ text: String?) -> String? { text?.trimmingCharacters(in: .whitespacesAndNewlines) }

    private func fileValue(_ name: String) -> String? { file?.entries[name]?.value }

    private func error(_ fault: SettingFault, in text: String, of setting: SettingDescription) -> SettingsError {
        SettingsError(description: "\(setting.name) \(fault.reason)\(shown(text, of: setting, fault)).")
    }

    /// The text for an error, unless it is a secret or may have one in it: another line, a key, a URL with a password.
    private func shown(_ text: String, of setting: SettingDescription, _ fault: SettingFault) -> String {
        let text = fault.part ?? text
        let mayHoldSecret = setting.isSecret || text.count > 24 || text.contains { $0.isNewline || "=@".contains($0) }
        guard !mayHoldSecret else { return "" }
        return fault.reason.hasPrefix("must ") ? ", not “\(text)”" : " (“\(text)”)"
    }

    /// - Returns: `nil` for `/dev/null`, which is mounted if no file is given.
    private func secret(_ name: String, at path: String) throws(SettingsError) -> String? {
        let file: PrivateFile
        do {
            file = try PrivateFile(path)
        } catch {
            throw SettingsError(description: "\(name) names \(path), which cannot be read: \(error.reason).")
        }
        guard file.isPrivate else {
            throw SettingsError(
                description: "\(name) names \(path), which others than its owner can read or change: chmod 600 it.")
        }
        guard let text = String(outside: file.data) else {
            throw SettingsError(description: "\(name) names \(path), which is not UTF-8.")
        }
        if file.isDevice, text.isEmpty { return nil }
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty else { throw SettingsError(description: "\(name) names \(path), which is empty.") }
        return secret
    }
}

/// The secrets that were read from files. A pipe can be read only once.
private final class Secrets: Sendable {
    private let texts = Mutex<[String: String?]>([:])

    /// - Returns: what `read` has returned for this path the first time.
    func text(at path: String, _ read: () throws(SettingsError) -> String?) throws(SettingsError) -> String? {
        if let text = texts.withLock({ $0[path] }) { return text }
        let text = try read()
        texts.withLock { $0[path] = .some(text) }
        return text
    }
}

/// A setting is wrong or missing, and the start stops: a sentence that names it.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    public let description: String

    /// An error with its sentence.
    public init(description: String) {
        self.description = description
    }
}
