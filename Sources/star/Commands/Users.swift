import ArgumentParser
import Auth
import Foundation
import Hosting
import Passwords

/// `star users`.
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, lists and removes the users who may ask auth for tokens.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a user, or gives one a new password and other permissions.",
            discussion: "The password is asked for without echo, or read from standard input where that is no terminal."
        )

        @Argument(help: "The user's name, 1 to 128 characters.")
        var name: String

        @Option(name: .long, help: "What the user's tokens permit; may be repeated.")
        var permission: [String] = []

        func validate() throws {
            guard (1...128).contains(name.count) else { throw ValidationError("A name has 1 to 128 characters.") }
        }

        func run() async throws {
            try await Exit.onError {
                let store = try await Users.store()
                guard let password = Password.read(), (8...1024).contains(password.count) else {
                    throw SettingsError(description: "A password has 8 to 1024 characters.")
                }
                let hash = try await PasswordHasher().hash(password)
                try await store.save(FileUser(name: name, passwordHash: hash, permissions: Set(permission)))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the users with their permissions.")

        func run() async throws {
            try await Exit.onError {
                for user in try await Users.store().all() {
                    print(([user.name] + user.permissions.sorted()).joined(separator: "\t"))
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a user. Tokens that exist live on to their end.")

        @Argument(help: "The user's name.")
        var name: String

        func run() async throws {
            try await Exit.onError {
                guard try await Users.store().remove(named: name) else {
                    Exit.say("There is no user “\(name)”.")
                    throw ExitCode.failure
                }
            }
        }
    }

    fileprivate static func store() async throws -> FileUserStore {
        let family = try FamilySettings(await Settings())
        return .standard(in: family.dataDirectory)
    }
}

/// Reads a password.
private enum Password {
    static func read() -> String? {
        guard isatty(STDIN_FILENO) != 0 else { return readLine() }
        guard let typed = getpass("Password: ") else { return nil }
        return String(cString: typed)
    }
}
