package import Foundation

/// A directory that goes with the test. Whoever writes there first makes it.
///
/// Its name is short, because the path of a Unix socket in it has a hundred bytes.
package final class TemporaryDirectory: Sendable {
    package let url = FileManager.default.temporaryDirectory.appending(path: "star-\(UUID().uuidString.prefix(8))")

    package init() {}

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    package func path(of name: String) -> String { url.appending(path: name).path }

    /// - Returns: the path of the new file.
    package func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let path = path(of: name)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    package func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path(of: name))[.posixPermissions] as? Int
    }
}
