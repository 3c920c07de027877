import ArgumentParser
import Auth
import Foundation
import Hosting

/// The user's shell: its name and messages.
enum CommandLineAudit {
    /// A line of the audit trail about what a command does.
    static func entry(_ action: AuditEntry.AuditAction, of target: String, _ detail: String = "") -> AuditEntry {
        // Containers often run as a user without a name.
        let name = NSUserName()
        return AuditEntry(
            action, of: target, by: "shell:" + (name.isEmpty ? String(getuid()) : name), detail: detail, at: .now)
    }

    /// - Throws: `ExitCode`, after a sentence on why the store has refused.
    static func value<Value>(of result: Result<Value, StoreRejection>, _ name: String) throws(ExitCode) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let refusal): throw failure(refusal, name)
        }
    }

    /// The account as its own command calls it.
    private static func account(_ name: String) -> String {
        let client = ClientAccount.client(of: name)
        return client.map { "client “\($0)”" } ?? "user “\(name)”"
    }

    /// Says why the store has refused.
    ///
    /// - Returns: what the command ends with.
    static func failure(_ refusal: StoreRejection, _ name: String) -> ExitCode {
        switch refusal {
        case .noSuchUser: Exit.printError("There is no \(account(name)).")
        case .nameTaken: Exit.printError("There is a \(account(name)) already.")
        case .noSuchRole(let role): Exit.printError("There is no role “\(role)”. Make it: star users roles set \(role)")
        case .notAdministrator: Exit.printError("Only an administrator may change users.")
        case .notHeld(let permissions): Exit.printError("Not held: \(permissions.sorted().joined(separator: ", ")).")
        case .lastAdministrator, .tooMuch, .passwordChanged: Exit.printError(refusal.sentence)
        }
        return .failure
    }
}
