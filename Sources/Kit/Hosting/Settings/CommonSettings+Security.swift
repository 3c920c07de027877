public import ZeroMQ

extension CommonSettings {
    /// The security of calls to an address: encrypted wherever the keys of both sides are known, and in the clear only
    /// within this machine.
    ///
    /// - Parameters:
    ///   - setting: what has named the address.
    ///   - key: the caller's.
    ///   - caller: whose key that is; its settings are named where one is missing.
    ///   - serverKey: the service's, where it is not one of ``publicKeys``.
    public func security(
        to service: String, at address: Address, named setting: String, with key: CurveKeyPair?, of caller: String,
        serverKey: CurvePublicKey? = nil
    ) throws(SettingsError) -> SocketOptions.Security {
        guard address.isTCP else { return .none }
        try check(key, of: caller)
        switch (key, serverKey ?? publicKeys[service]) {
        case (let key?, let serverKey?): return .curveClient(key, serverKey: serverKey)
        case (_, nil) where address.isPrivate: return .none
        default:
            throw SettingsError(
                description: "\(setting) names \(address), where keys are needed: "
                    + "\(caller.uppercased())_CURVE_SECRET_KEY and the key of \(service) in CURVE_PUBLIC_KEYS must be set."
            )
        }
    }

    /// - Throws: ``SettingsError`` if ``publicKeys`` has a key for the service that does not belong to its secret key:
    /// all   its peers would refuse it.
    func check(_ key: CurveKeyPair?, of service: String) throws(SettingsError) {
        guard let key, let listed = publicKeys[service], listed != key.publicKey else { return }
        throw SettingsError(
            description: "CURVE_PUBLIC_KEYS has a key for \(service) that does not belong to "
                + "\(service.uppercased())_CURVE_SECRET_KEY: the one that does is \(key.publicKey.hex).")
    }
}

extension Address {
    /// True if only this machine reaches it: then the system guards it, and encryption would guard nothing more.
    var isPrivate: Bool {
        switch target {
        case .ipc, .inproc: true
        case .tcp(let host, _):
            ["localhost", "[::1]"].contains(host) || host.wholeMatch(of: /127(\.[0-9]{1,3}){3}/) != nil
        }
    }
}
