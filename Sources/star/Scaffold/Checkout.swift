import Files
import Foundation

/// The reason why no service is made: a sentence. Nothing has been written then.
package enum ScaffoldError: Error, Equatable, CustomStringConvertible {
    /// The name, or the port, is not one to give.
    case refused(String)
    /// The repository is not as the template takes it to be.
    case unsuitable(String)

    package var description: String {
        switch self {
        case .refused(let sentence), .unsuitable(let sentence): sentence
        }
    }
}

/// The repository that a command is run in.
package struct Checkout {
    let root: URL

    /// Looks from a directory upwards.
    ///
    /// - Throws: ``ScaffoldError/unsuitable(_:)`` if there is none.
    package init(containing directory: String = FileManager.default.currentDirectoryPath) throws(ScaffoldError) {
        var place = URL(fileURLWithPath: directory, isDirectory: true).standardizedFileURL
        while true {
            let package = try? String(contentsOf: place.appending(path: "Package.swift"), encoding: .utf8)
            // A package that depends on this one names it, too.
            if package?.contains(/\bPackage\(\s*name: "starmicroservices"/) == true { break }
            guard place.path != "/" else {
                throw .unsuitable("\(directory) is not inside a clone of Starmicroservices, as it must be.")
            }
            place.deleteLastPathComponent()
        }
        root = place
    }

    /// The files that ``NewServicePlan`` asks for, those of them that are there and are text.
    package func files() -> [String: String] {
        let shared = ["Package.swift", "env.example", "compose/Dockerfile", "compose/docker-compose.yml"]
        let below = Template.roots.flatMap { root in
            (FileManager.default.enumerator(atPath: url(root).path)?.compactMap { $0 as? String } ?? [])
                .map { root + "/" + $0 }
        }
        let texts = (shared + below).compactMap { path in
            (try? Data(contentsOf: url(path))).flatMap { String(outside: $0) }.map { (path, $0) }
        }
        return Dictionary(texts) { first, _ in first }
    }

    /// - Throws: if a file cannot be written; those before it are, then, and version control shows which.
    package func write(_ plan: NewServicePlan) throws {
        for file in plan.made {
            let url = url(file.path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.text.utf8).write(to: url, options: .withoutOverwriting)
        }
        for change in plan.changed {
            try content(change).write(to: url(change.path), options: .atomic)
        }
    }

    /// A plan has LF at the ends of lines; a file that had CR LF keeps it.
    private func content(_ change: NewServicePlan.Change) throws -> Data {
        let hasCarriageReturns = try Data(contentsOf: url(change.path)).contains(UInt8(ascii: "\r"))
        return Data((hasCarriageReturns ? change.new.replacing("\n", with: "\r\n") : change.new).utf8)
    }

    /// Formats Swift files with the repository's own rules: imports in order, lines of a length. Without a toolchain at hand
    /// they stay as they are, which compiles as well.
    package func format(_ paths: [String]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swift", "format", "--in-place"] + paths.filter { $0.hasSuffix(".swift") }
        process.currentDirectoryURL = root
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return }
        process.waitUntilExit()
    }

    private func url(_ path: String) -> URL { root.appending(path: path) }
}
