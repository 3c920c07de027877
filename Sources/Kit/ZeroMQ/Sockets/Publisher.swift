internal import ZMTP

/// A PUB at one address, on one thread. It never waits for a subscriber: one that reads too slowly misses messages.
public final class Publisher {
    private let listener: StreamListener

    /// Bytes of a frame of a subscriber's, which has nothing to say but its subscriptions.
    private static let maxFrame = 4096

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`; elsewhere the file system and the process are the wall.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void = { _ in }
    ) throws(ZeroMQError) {
        var options = options
        options.maxMessageSize = Self.maxFrame
        listener = try StreamListener(
            as: .pub, at: address, in: context, options: options, on: thread, handler: handler)
    }

    /// The address, with the port that the system has chosen if none was asked for.
    public var address: Address { listener.address }

    /// Sends to everybody who has subscribed.
    ///
    /// - Parameter topic: the first frame of the message.
    public func publish(_ message: some OutboundMessage, topic: String) {
        var topic = topic
        topic.withUTF8 { bytes in
            listener.publish(UnsafeRawBufferPointer(bytes)) { writer in
                message.writeFrames { writer.append(frame: $0, isLast: $1) }
            }
        }
    }

    /// Closes all connections and gives the address back. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}
