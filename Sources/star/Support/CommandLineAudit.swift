import ArgumentParser
import Auth
import Files
import Foundation
import Hosting
import Passwords

/// The user's shell: its name and messages.
enum CommandLineAudit {
    /// A line of the audit trail about what a command does.
    static func entry(_ action: AuditEntry.Action, of target: String, _ detail: String = "") -> AuditEntry {
        AuditEntry(action, of: target, by: "shell:" + NSUserName(), detail: detail, at: .now)
    }

    /// - Throws: `ExitCode`, after a sentence on why the store has refused.
    static func value<Value>(of result: Result<Value, StoreRejection>, _ name: String) throws(ExitCode) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let refusal): throw failure(refusal, name)
        }
    }

    /// Says why the store has refused.
    ///
    /// - Returns: what the command ends with.
    static func failure(_ refusal: StoreRejection, _ name: String) -> ExitCode {
        switch refusal {
        case .noSuchUser: Exit.printError("There is no user “\(name)”.")
        case .nameTaken: Exit.printError("There is a user “\(name)” already.")
        case .noSuchRole(let role): Exit.printError("There is no role “\(role)”. Make it: star users roles set \(role)")
        case .notAdministrator: Exit.printError("Only an administrator may change users.")
        case .lastAdministrator: Exit.printError("Nobody would be left who may change users.")
        case .notHeld(let permissions): Exit.printError("Not held: \(permissions.sorted().joined(separator: ", ")).")
        case .tooMuch:
            Exit.printError("The names of all that one user is permitted may have \(User.maxScope) bytes together.")
        case .passwordChanged: Exit.printError("Another password has been set meanwhile.")
        }
        return .failure
    }
}

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
        guard let line = isTerminal ? getpass(prompt).map({ Data(bytes: $0, count: strlen($0)) }) : inputLine() else {
            return nil
        }
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
