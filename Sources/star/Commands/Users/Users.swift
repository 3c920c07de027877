import ArgumentParser
import Auth
import Foundation
import Hosting
import JSON
import StarServices

/// `star users`.
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps the users who may ask auth for tokens, and their roles.",
        discussion: """
            It works on auth's store itself, whether auth runs or not, and may grant anything: whoever can read the store is \
            its owner. What it takes away ends with the tokens that are out.

            star users add ada --permission time
            star users grant ada --role administrator
            star users passwd ada
            star users lock ada
            star users roles set clerk --permission greet --permission time

            A password is asked for without echo, or read from standard input where that is no terminal.
            """,
        subcommands: [
            AddUser.self, ListUsers.self, Show.self, Grant.self, Revoke.self, Roles.self, Passwd.self, Lock.self,
            Unlock.self,
            RemoveUser.self, History.self,
        ])
}

/// The store to use, and the format of the output.
struct StoreOptions: ParsableArguments {
    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.defaultFile

    @Flag(help: "Answers in JSON.")
    var json = false

    /// Opens auth's store for a piece of work.
    ///
    /// - Parameter mayMake: true if a store that is not there is made, provided that the settings let auth make one. Whoever
    ///   only looks must not leave an empty one, which auth would take for its own.
    /// - Throws: `ExitCode`, after a sentence has been written.
    func withStore(mayMake: Bool = false, _ work: (any AuthStore) async throws -> Void) async throws {
        try await Exit.onError {
            let settings = try StarSettings.read(env)
            let own = try AuthSettings(settings, CommonSettings(settings))
            let store = try own.database.open(isMade: mayMake && own.createsStore)
            try await store.closed { try await work(store) }
        }
    }

    /// Prints a value, as JSON or as a line for people.
    func show(_ value: some Encodable, _ line: @autoclosure () -> String) throws {
        guard json else { return print(line()) }
        print(String(decoding: try JSONCoding.encode(value, pretty: true), as: UTF8.self))
    }
}

extension AuthStore {
    /// Does a piece of work, and closes the store after it, however that ends.
    func closed<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            await close()
            return value
        } catch {
            await close()
            throw error
        }
    }
}

/// Reads all accounts of one kind, page by page.
func everyone(
    _ page: (_ after: String?, _ limit: Int) async throws(StoreError) -> [User]
) async throws(StoreError) -> [User] {
    let limit = 200
    var accounts: [User] = []
    while true {
        let next = try await page(accounts.last?.name, limit)
        accounts += next
        if next.count < limit { return accounts }
    }
}

extension User {
    /// The account in a list: name, permissions, roles.
    func line(_ name: String) -> String {
        ([name] + permissions.sorted() + roles.sorted().map { "role:" + $0 } + (isLocked ? ["(locked)"] : []))
            .joined(separator: "\t")
    }
}

/// The user that a command is about.
struct UserArgument: ParsableArguments {
    @Argument(help: "The user's name, in whatever case.", transform: UserRules.name(typed:))
    var name: String
}

/// Permissions and roles, as options.
struct AccessOptions: ParsableArguments {
    @Option(name: .long, help: "A permission; may be repeated.")
    var permission: [String] = []

    @Option(name: .long, help: "A role; may be repeated.")
    var role: [String] = []

    func validate() throws {
        for permission in permission {
            if let fault = UserRules.fault(ofPermission: permission) {
                throw ValidationError("The permission “\(permission)” \(fault).")
            }
        }
    }

    func validateNotEmpty() throws {
        if permission.isEmpty && role.isEmpty { throw ValidationError("Name a --permission or a --role.") }
    }
}
