import ArgumentParser
import Auth
import Contracts
import Foundation

extension Users {
    struct Roles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists, makes and removes roles.", subcommands: [ListRoles.self, Set.self, RemoveRole.self],
            defaultSubcommand: ListRoles.self)

        struct ListRoles: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "list", abstract: "Lists the roles with what they permit.")

            @OptionGroup var options: StoreOptions

            func run() async throws {
                try await options.withStore { store in
                    let roles = try await store.roles()
                    if options.json { return try options.show(roles.map(\.entry), "") }
                    for role in roles { print(role.line) }
                }
            }
        }

        struct Set: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Makes a role, or has one permit other things than before.")

            @Argument(help: "The role's name.")
            var name: String

            @Option(name: .long, help: "A permission of the role; may be repeated.")
            var permission: [String] = []

            @OptionGroup var options: StoreOptions

            func validate() throws {
                if let fault = UserRules.fault(ofRole: name) { throw ValidationError("The name \(fault).") }
                for permission in permission {
                    if let fault = UserRules.fault(ofPermission: permission) {
                        throw ValidationError("The permission “\(permission)” \(fault).")
                    }
                }
            }

            func run() async throws {
                try await options.withStore(mayMake: true) { store in
                    let role = Role(name: name, permissions: .init(permission))
                    let entry = CommandLineAudit.entry(.roleSet, of: name, permission.sorted().joined(separator: " "))
                    let result = try await store.set(role, entry)
                    try options.show(try CommandLineAudit.value(of: result, name).entry, role.line)
                }
            }
        }

        struct RemoveRole: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "remove", abstract: "Removes a role, and takes it from all users who have it.")

            @Argument(help: "The role's name.")
            var name: String

            @OptionGroup var options: StoreOptions

            func run() async throws {
                try await options.withStore { store in
                    let result = try await store.removeRole(name, CommandLineAudit.entry(.roleRemoved, of: name))
                    if case .failure(.noSuchRole) = result {
                        Exit.printError("There is no role “\(name)”. star users roles lists them.")
                        throw ExitCode.failure
                    }
                    try options.show(try CommandLineAudit.value(of: result, name).entry, "\(name) is removed.")
                }
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the audit trail: who has changed what, the newest line first.")

        private struct AuditLine: Encodable {
            let number: Int
            let at: String
            let actor, action, target, detail: String
            let origin: String?
        }

        @Option(help: "The number of lines.")
        var limit = 50

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let records = try await store.audit(before: nil, limit: limit)
                guard options.json else { return records.forEach { print($0.line) } }
                let lines = records.map { record in
                    AuditLine(
                        number: record.number, at: record.entry.at.formatted(.iso8601), actor: record.entry.actor,
                        action: record.entry.action.rawValue, target: record.entry.target,
                        detail: record.entry.detail, origin: record.entry.origin)
                }
                try options.show(lines, "")
            }
        }
    }
}

extension Role {
    fileprivate var entry: RoleProfile { .init(name: name, permissions: permissions.sorted()) }
    fileprivate var line: String { ([name] + permissions.sorted()).joined(separator: "\t") }
}

extension AuditRecord {
    fileprivate var line: String {
        [
            entry.at.formatted(.iso8601), entry.action.rawValue, entry.target, "by " + entry.actor,
            entry.origin.map { "from " + $0 } ?? "", entry.detail,
        ].filter { !$0.isEmpty }.joined(separator: "\t")
    }
}
