/// The result of `Socket.send(_:)`. A message is never sent in part.
public enum SendResult: Sendable, Equatable {
    /// libzmq has it. Whether the peer gets it, only an answer can tell. The message is empty now.
    case sent
    /// No connection (with `SocketOptions.immediate`), or the peer's queue is full. The message is intact: keep it and
    /// try again, or let it go.
    case wouldBlock
    /// The peer it was addressed to is gone; nothing was delivered. The message is empty now.
    case unreachable
}
