import ArgumentParser
import Files
import Foundation
import Passwords

/// Passwords that people type.
enum PasswordPrompt {
    /// Asks for a new password, twice at a terminal, and hashes it.
    ///
    /// - Throws: `ExitCode`, after a sentence on what is wrong with it.
    static func hash(of user: String) async throws -> String {
        let password = try read("Password: ") ?? ""
        if let fault = PasswordRules.fault(of: password, user: user) { throw wrong("The password \(fault).") }
        if isTerminal, try read("Once more: ") != password { throw wrong("The two passwords differ.") }
        return try await PasswordHasher().hash(password)
    }

    private static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 }

    /// - Returns: one line, or `nil` if there is none.
    private static func read(_ prompt: String) throws -> String? {
        guard let line = isTerminal ? Terminal.withoutEcho(prompt, inputLine) : inputLine() else { return nil }
        // Text of another encoding would be kept as another password than the one that was typed.
        guard let text = String(outside: line) else { throw wrong("The password is not in UTF-8.") }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// The bytes of a line of standard input, with its end.
    private static func inputLine() -> Data? {
        var line = Data()
        while line.last != UInt8(ascii: "\n"), let byte = try? FileHandle.standardInput.read(upToCount: 1),
            !byte.isEmpty
        {
            line += byte
        }
        return line.isEmpty ? nil : line
    }

    private static func wrong(_ sentence: String) -> ExitCode {
        Exit.printError(sentence)
        return .failure
    }
}
