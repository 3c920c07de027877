public import Contracts
import Endpoints
import Foundation
import RPC
import Tokens

// What administrators do with OAuth clients.
extension AuthService {
    func addClient(_ new: NewClient, _ context: CallContext) async throws -> ClientSecret {
        let administrator = try await administrator(context)
        let secret = OpaqueToken()
        let client = ClientAccount.make(
            new.client, secret: secret, permissions: Set(new.permissions ?? []), roles: Set(new.roles ?? []), at: .now)
        let entry = entry(.clientAdded, of: client.name, context, UserRules.words(client.permissions, client.roles))
        _ = try await change { store throws(StoreError) in
            try await store.add(client, by: administrator, entry)
        }
        return ClientSecret(client: new.client, secret: secret.text)
    }

    func listClients(_ page: PageRequest, _ context: CallContext) async throws -> ClientPage {
        _ = try await administrator(context)
        let limit = page.limit ?? 50
        // One more than asked for shows if there is another page.
        let found = try await query { store throws(StoreError) in
            try await store.clients(after: page.after.map(ClientAccount.name), limit: limit + 1)
        }
        let clients = found.prefix(limit).map(\.clientEntry)
        return ClientPage(clients: clients, next: found.count > limit ? clients.last?.client : nil)
    }

    func rotateClient(_ client: ClientID, _ context: CallContext) async throws -> ClientSecret {
        let administrator = try await administrator(context)
        let (name, secret) = (ClientAccount.name(of: client.client), OpaqueToken())
        let entry = entry(.clientSecretChanged, of: name, context)
        _ = try await change { store throws(StoreError) in
            try await store.change(
                name, .password(hash: secret.hash, replacing: nil), by: administrator, entry)
        }
        return ClientSecret(client: client.client, secret: secret.text)
    }

    func removeClient(_ client: ClientID, _ context: CallContext) async throws -> Empty {
        let administrator = try await administrator(context)
        let name = ClientAccount.name(of: client.client)
        let entry = entry(.clientRemoved, of: name, context)
        _ = try await change { store throws(StoreError) in
            try await store.remove(name, by: administrator, entry)
        }
        return Empty()
    }
}

extension User {
    /// The account of a client without its secret.
    public var clientEntry: ClientProfile {
        ClientProfile(
            client: ClientAccount.client(of: name) ?? name, permissions: permissions.sorted(), roles: roles.sorted(),
            locked: isLocked, created: created.timestamp, changed: changed.timestamp)
    }
}
