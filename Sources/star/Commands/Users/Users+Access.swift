import ArgumentParser
import Auth
import Contracts
import Foundation

extension Users {
    struct ListUsers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Lists the users: name, permissions, roles, and whether they are locked.")

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let users = try await everyone(store.users)
                if options.json { return try options.show(users.map(\.profile), "") }
                for user in users { print(user.line(user.name)) }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a user, and what its next token permits.")

        private struct UserView: Encodable {
            let user: UserProfile
            let permits: [String]
        }

        @OptionGroup var user: UserArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                guard let found = try await store.user(named: user.name) else {
                    throw CommandLineAudit.failure(.noSuchUser, user.name)
                }
                let permits = found.effectivePermissions(try await store.roles()).sorted()
                let profile = found.profile
                try options.show(
                    UserView(user: profile, permits: permits),
                    """
                    name         \(profile.user)
                    id           \(profile.id)
                    permissions  \(profile.permissions.joined(separator: " "))
                    roles        \(profile.roles.joined(separator: " "))
                    permits      \(permits.joined(separator: " "))
                    locked       \(profile.locked ? "yes" : "no"), \(profile.failedAttempts) wrong passwords
                    created      \(profile.created)
                    changed      \(profile.changed)
                    """)
            }
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a user permissions and roles, beside those it has.")

        @OptionGroup var user: UserArgument
        @OptionGroup var access: AccessOptions
        @OptionGroup var options: StoreOptions

        func validate() throws { try access.validateNotEmpty() }

        func run() async throws {
            let change = UserChange.grant(permissions: Set(access.permission), roles: Set(access.role))
            try await options.changeAccess(of: user.name, change, "granted \(access.words)")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes permissions and roles from a user, with the tokens that hold them.")

        @OptionGroup var user: UserArgument
        @OptionGroup var access: AccessOptions
        @OptionGroup var options: StoreOptions

        func validate() throws { try access.validateNotEmpty() }

        func run() async throws {
            let change = UserChange.withdrawal(permissions: Set(access.permission), roles: Set(access.role))
            try await options.changeAccess(of: user.name, change, "taken \(access.words)")
        }
    }
}

extension StoreOptions {
    fileprivate func changeAccess(of name: String, _ change: UserChange, _ detail: String) async throws {
        try await withStore { store in
            try await apply(change, .accessChanged, to: name, store, detail) { user in
                "has \(UserRules.words(user.permissions, user.roles))"
            }
        }
    }
}

extension AccessOptions {
    fileprivate var words: String { UserRules.words(Set(permission), Set(role)) }
}
