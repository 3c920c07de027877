/// The rule of who may call an endpoint. It is checked by the dispatcher, before the input is decoded and on every
/// front alike.
public enum Access: Sendable, Hashable {
    /// Anybody, without a token. A token that is sent all the same is not looked at.
    case open
    /// Every caller with a valid token.
    case token
    /// Every caller with a valid token that grants this permission.
    ///
    /// The service checks it by itself: a revocation takes effect within a second, or once the issuer is reachable again.
    /// With `introspect: true` each call is confirmed by the issuer, within the call's time: for irreversible operations.
    case permission(String, introspect: Bool = false)

    /// The permission to confirm at the issuer on every call; `nil` if none.
    public var introspectedPermission: String? {
        if case .permission(let permission, introspect: true) = self { permission } else { nil }
    }
}
