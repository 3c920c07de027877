import ZMTP

/// A client's way to one server: it connects by itself, again and again. It lives on the caller's thread.
protocol Link: AnyObject {
    /// - Returns: whether the message is on its way.
    func send(_ message: Outgoing) -> Bool

    /// A message was not taken. A link that is not told when its connection ends, concludes it from that.
    func noticeRefusal()

    /// Lets go of the connection, without an event.
    func close()
}

/// What a link tells its caller.
enum LinkEvent {
    /// Messages can flow.
    case connected
    /// The frames are lent until the handler returns.
    case message(Frames)
    /// The connection is gone, and with it whatever had not come yet.
    case disconnected
}
