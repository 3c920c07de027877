/// An actor that lives on a `SocketThread`. Holding the thread in a `let` is all it has to do.
public protocol ThreadBound: Actor {
    nonisolated var thread: SocketThread { get }
}

extension ThreadBound {
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
}
