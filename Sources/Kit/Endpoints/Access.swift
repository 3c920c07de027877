/// Who may call an endpoint. It is checked by the dispatcher, before the input is decoded and on every front alike.
public enum Access: Sendable, Hashable {
    /// Anybody, without a token. A token that is sent all the same is not looked at.
    case open
    /// Whoever shows a valid token.
    case token
    /// Whoever shows a valid token that grants this permission.
    case permission(String)
}
