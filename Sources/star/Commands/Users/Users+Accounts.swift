import ArgumentParser
import Auth
import Contracts
import Foundation
import Passwords

extension Users {
    struct AddUser: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Adds a user, whose password is asked for.")

        @OptionGroup var user: UserArgument
        @OptionGroup var access: AccessOptions
        @OptionGroup var options: StoreOptions

        func validate() throws {
            if let fault = UserRules.fault(ofName: user.name) { throw ValidationError("The name \(fault).") }
        }

        func run() async throws {
            try await options.withStore(mayMake: true) { store in
                let hash = try await PasswordPrompt.hash(of: user.name)
                let (permissions, roles) = (Set(access.permission), Set(access.role))
                let new = User(
                    name: user.name, passwordHash: hash, permissions: permissions, roles: roles, created: .now)
                let entry = CommandLineAudit.entry(.userAdded, of: new.name, UserRules.words(permissions, roles))
                let added = try CommandLineAudit.value(of: try await store.add(new, by: .system, entry), new.name)
                try options.show(added.profile, "\(added.name) is added.")
            }
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a user another password, which is asked for. All of the user's tokens end.")

        @OptionGroup var user: UserArgument
        @OptionGroup var options: StoreOptions

        func validate() throws {
            guard ClientAccount.client(of: user.name) == nil else {
                throw ValidationError("A client has a secret: star clients rotate.")
            }
        }

        func run() async throws {
            try await options.withStore { store in
                guard try await store.user(named: user.name) != nil else {
                    throw CommandLineAudit.failure(.noSuchUser, user.name)
                }
                let change = UserChange.password(hash: try await PasswordPrompt.hash(of: user.name), replacing: nil)
                try await options.apply(change, .passwordChanged, to: user.name, store) { _ in "has another password" }
            }
        }
    }

    struct Lock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Locks a user out, and ends all of its tokens.")

        @OptionGroup var user: UserArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                try await options.apply(.lock, .userLocked, to: user.name, store) { _ in "is locked" }
            }
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a user in again.")

        @OptionGroup var user: UserArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                try await options.apply(.unlock, .userUnlocked, to: user.name, store) { _ in "is unlocked" }
            }
        }
    }

    struct RemoveUser: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Removes a user, and ends all of its tokens.")

        @OptionGroup var user: UserArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let result = try await store.remove(
                    user.name, by: .system, CommandLineAudit.entry(.userRemoved, of: user.name))
                let removed = try CommandLineAudit.value(of: result, user.name)
                try options.show(removed.profile, "\(removed.name) is removed.")
            }
        }
    }
}

extension StoreOptions {
    /// Changes a user and shows what became of it.
    ///
    /// - Parameters:
    ///   - detail: for the audit trail.
    ///   - verb: what is said of the user as it is then.
    func apply(
        _ change: UserChange, _ action: AuditEntry.AuditAction, to name: String, _ store: any AuthStore,
        _ detail: String = "", _ verb: (User) -> String
    ) async throws {
        let result = try await store.change(name, change, by: .system, CommandLineAudit.entry(action, of: name, detail))
        let user = try CommandLineAudit.value(of: result, name)
        try show(user.profile, "\(user.name) \(verb(user)).")
    }
}
