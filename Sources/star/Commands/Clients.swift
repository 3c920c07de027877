import ArgumentParser
import Auth
import Contracts
import Foundation
import Tokens

/// `star clients`.
struct Clients: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists and changes the OAuth clients: programs that act for themselves.",
        discussion: """
            A client shows its id and its secret at auth's /oauth/token (RFC 6749, section 4.4). The command works on auth's \
            store itself, whether auth runs or not, and may grant anything.

            star clients add reports --permission time
            curl -u reports:SECRET -d grant_type=client_credentials http://127.0.0.1:5040/oauth/token

            Its account is called client:ID; star users grant, revoke, lock and unlock take that name.
            """,
        subcommands: [AddClient.self, ListClients.self, RotateSecret.self, RemoveClient.self],
        defaultSubcommand: ListClients.self)

    struct AddClient: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Adds a client, and prints its secret, once.")

        @OptionGroup var client: ClientArgument
        @OptionGroup var access: AccessOptions
        @OptionGroup var options: StoreOptions

        func validate() throws {
            if let fault = ClientAccount.fault(ofID: client.id) { throw ValidationError("The id \(fault).") }
        }

        func run() async throws {
            try await options.withStore(mayMake: true) { store in
                let (permissions, roles) = (Set(access.permission), Set(access.role))
                let secret = OpaqueToken()
                let new = ClientAccount.make(
                    client.id, secret: secret, permissions: permissions, roles: roles, at: .now)
                let entry = CommandLineAudit.entry(.clientAdded, of: new.name, UserRules.words(permissions, roles))
                _ = try CommandLineAudit.value(of: try await store.add(new, by: .system, entry), new.name)
                try options.show(ClientSecret(client: client.id, secret: secret.text), secret.text)
            }
        }
    }

    struct ListClients: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists the clients with what they may do.")

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let clients = try await everyone(store.clients)
                if options.json { return try options.show(clients.map(\.clientEntry), "") }
                for client in clients { print(client.line(client.clientEntry.client)) }
            }
        }
    }

    struct RotateSecret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Gives a client another secret, and prints it, once. The old one and the client's tokens end.")

        @OptionGroup var client: ClientArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let (name, secret) = (ClientAccount.name(of: client.id), OpaqueToken())
                let result = try await store.change(
                    name, .password(hash: secret.hash, replacing: nil), by: .system,
                    CommandLineAudit.entry(.clientSecretChanged, of: name))
                _ = try CommandLineAudit.value(of: result, name)
                try options.show(ClientSecret(client: client.id, secret: secret.text), secret.text)
            }
        }
    }

    struct RemoveClient: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Removes a client, and ends its tokens.")

        @OptionGroup var client: ClientArgument
        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let name = ClientAccount.name(of: client.id)
                let result = try await store.remove(name, by: .system, CommandLineAudit.entry(.clientRemoved, of: name))
                let removed = try CommandLineAudit.value(of: result, name)
                try options.show(removed.clientEntry, "\(client.id) is removed.")
            }
        }
    }
}

/// The client that a command is about.
struct ClientArgument: ParsableArguments {
    @Argument(help: "The client's id.")
    var id: String
}
