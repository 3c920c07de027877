/// The rule of who may call an endpoint. It is checked by the dispatcher, before the input is decoded and on every
/// front alike.
public enum Access: Sendable, Hashable {
    /// Anybody, without a token. A token that is sent all the same is not looked at.
    case open
    /// Every caller with a valid token.
    case token
    /// Every caller with a valid token that grants this permission.
    ///
    /// A service finds that out by itself, and may not know for a second, or as long as auth cannot be reached, that
    /// the token has been revoked. `fresh` has auth asked at each call, within the call's time: for what cannot be
    /// undone.
    case permission(String, fresh: Bool = false)

    /// The permission to confirm at auth on every call; `nil` if none.
    public var confirmed: String? {
        if case .permission(let permission, fresh: true) = self { permission } else { nil }
    }
}
