/// Which CURVE keys may connect: domain → public key → the name its connections carry as `User-Id`.
///
/// One name may have several keys, which is how a key is rotated: allow the old and the new, then take the old away.
public struct AllowList: Sendable, Equatable {
    private var names: [String: [CurvePublicKey: String]] = [:]

    public init() {}

    public mutating func allow(_ key: CurvePublicKey, as name: String, in domain: String) {
        names[domain, default: [:]][key] = name
    }

    public mutating func remove(_ key: CurvePublicKey, from domain: String) {
        names[domain]?[key] = nil
    }

    /// The name of a key, or nil if it may not connect.
    public func name(of key: CurvePublicKey, in domain: String) -> String? { names[domain]?[key] }

    /// Whether any key carries this name. Asked per request, it revokes connections that exist: taking a key away only stops
    /// new handshakes.
    public func contains(name: String, in domain: String) -> Bool {
        names[domain]?.values.contains(name) ?? false
    }
}
