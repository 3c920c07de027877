/// The CURVE keys that may connect: domain → public key → the name its connections carry as `User-Id`.
///
/// One name may have several keys, which is how a key is rotated: the old and the new are allowed until no peer has the old.
public struct AllowList: Sendable, Equatable {
    private var names: [String: [CurvePublicKey: String]] = [:]

    /// A list of no keys.
    public init() {}

    /// Lets a key connect in a domain, under a name.
    public mutating func allow(_ key: CurvePublicKey, as name: String, in domain: String) {
        names[domain, default: [:]][key] = name
    }

    /// The name of a key, or nil if it may not connect.
    public func name(of key: CurvePublicKey, in domain: String) -> String? { names[domain]?[key] }
}
