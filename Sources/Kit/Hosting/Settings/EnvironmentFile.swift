import Files
import Foundation

/// A settings file such as `.env`, in the dialect of Docker Compose:
///
///     # a comment
///     NAME=value                      # a comment behind a value
///     export NAME = value
///     NAME: value
///     NAME='as it is, $ and \ too'
///     NAME="with \n, \" and ${OTHER:-a default}"
///
/// Both read the same from a file that is read here. Lines that Compose refuses, ignores or reads as something that was not
/// meant stop the reading: no setting is passed over in silence.
struct EnvironmentFile: Sendable {
    struct Entry: Equatable, Sendable {
        /// `nil` for a line that is only a name, as Compose has it for a variable of the environment.
        let value: String?
        let line: Int
    }

    /// By their names; of a name that appears twice, the last.
    let entries: [String: Entry]
    /// True if others than its owner can read the file.
    let isExposed: Bool

    /// - Parameters:
    ///   - path: of the file, for messages too.
    ///   - environment: goes before the file's own names for `$NAME`.
    /// - Returns: `nil` if there is no file, or none that this user could find.
    /// - Throws: ``SettingsError`` that names the file and the line, and shows nothing of it.
    init?(_ path: String, environment: [String: String]) throws(SettingsError) {
        let file: PrivateFile
        do {
            file = try PrivateFile(path)
        } catch {
            // A file in a folder that this user may not search could not be found either.
            if [ENOENT, ENOTDIR].contains(error.code) || access(path, F_OK) != 0 { return nil }
            throw SettingsError(description: "The settings file \(path) cannot be read: \(error.reason).")
        }
        guard let text = String(outside: file.data) else {
            throw SettingsError(description: "The settings file \(path) is not UTF-8.")
        }
        var parser = EnvironmentFileParser(text, environment: environment)
        do throws(EnvironmentFileFault) {
            try parser.parse()
        } catch {
            throw SettingsError(
                description: "The settings file \(path) is wrong in line \(error.line): \(error.reason).")
        }
        entries = parser.entries
        isExposed = !file.isPrivate
    }
}

/// The reason why a settings file is refused. Its text shows nothing of the line, which may hold a secret.
struct EnvironmentFileFault: Error {
    let line: Int
    let reason: String
}
