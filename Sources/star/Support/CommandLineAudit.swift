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
        case .noSuchUser: Exit.say("There is no user “\(name)”.")
        case .nameTaken: Exit.say("There is a user “\(name)” already.")
        case .noSuchRole(let role): Exit.say("There is no role “\(role)”. Make it: star users roles set \(role)")
        case .notAdministrator: Exit.say("Only an administrator may change users.")
        case .lastAdministrator: Exit.say("Nobody would be left who may change users.")
        case .notHeld(let permissions): Exit.say("Not held: \(permissions.sorted().joined(separator: ", ")).")
        case .tooMuch:
            Exit.say("The names of all that one user is permitted may have \(User.longestScope) bytes together.")
        case .passwordChanged: Exit.say("Another password has been set meanwhile.")
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
        let password = read("Password: ") ?? ""
        if let fault = PasswordRules.fault(of: password, user: user) { throw wrong("The password \(fault).") }
        if isTerminal, read("Once more: ") != password { throw wrong("The two passwords differ.") }
        return try await PasswordHasher().hash(password)
    }

    private static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 }

    private static func read(_ prompt: String) -> String? {
        guard isTerminal else { return readLine().flatMap { String(outside: Data($0.utf8)) } }
        guard let typed = getpass(prompt) else { return nil }
        return String(cString: typed)
    }

    private static func wrong(_ sentence: String) -> ExitCode {
        Exit.say(sentence)
        return .failure
    }
}
