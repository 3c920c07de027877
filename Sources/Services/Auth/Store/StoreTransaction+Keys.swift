import Tokens

// What `KeyStore` says its methods do.
extension StoreTransaction {
    package func begin(with key: StoredKey, _ entry: AuditEntry) throws -> Bool {
        guard try keys().isEmpty, let key = key.moved(to: .signing, at: entry.at) else { return false }
        try write([key], entry)
        return true
    }

    package func announce(_ key: StoredKey, _ entry: AuditEntry) throws -> Bool {
        let keys = try keys()
        guard !keys.contains(where: { $0.kid == key.kid }) else { return false }
        guard keys.count(where: { $0.state != .retired }) < JWKSet.limit else { return false }
        try write([key], entry)
        return true
    }

    package func promote(_ kid: String, _ entry: AuditEntry) throws -> Bool {
        let keys = try keys()
        guard let next = keys.first(where: { $0.kid == kid })?.moved(to: .signing, at: entry.at) else { return false }
        // The one that signs goes first: there is never a second.
        try write(keys.compactMap { $0.moved(to: .retiring, at: entry.at) } + [next], entry)
        return true
    }

    package func retire(_ kid: String, _ entry: AuditEntry) throws -> Bool {
        let key = try keys().first { $0.kid == kid }?.moved(to: .retired, at: entry.at)
        guard let key else { return false }
        try write([key], entry)
        return true
    }
}
