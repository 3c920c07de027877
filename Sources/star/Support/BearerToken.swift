import ArgumentParser
import Files
import Foundation

/// The bearer token that a command shows. In an argument everybody on the machine can read it.
struct BearerToken: ParsableArguments {
    @Option(help: "The bearer token to show; unless given, STAR_TOKEN of the environment.")
    var token: String?

    /// `nil` where there is none, or an empty one in the environment.
    var text: String? {
        token ?? ProcessInfo.processInfo.environment["STAR_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The input of a call, from an argument or from where nobody else reads it.
enum CallInput {
    /// - Parameter option: JSON; `-` for all that comes on standard input.
    static func data(_ option: String?) async throws -> Data {
        guard option == "-" else { return Data((option ?? "").utf8) }
        let data = try await Blocking.run { Result { try FileHandle.standardInput.readToEnd() ?? Data() } }.get()
        // What is no text is refused as JSON.
        return String(outside: data).map { Data($0.utf8) } ?? data
    }
}
