internal import ZMTP

/// A PUB at one address, on one thread. It never waits for a subscriber: one that reads too slowly misses messages.
public final class Publisher {
    private enum Engine {
        case stream(StreamListener)
        case library(LibraryListener)
    }

    private let engine: Engine

    /// Bytes of a frame of a subscriber's, which has nothing to say but its subscriptions.
    private static let maxFrame = 4096

    /// Listens, from the thread only.
    ///
    /// - Parameter options: `security` holds for `tcp://`; elsewhere the file system and the process are the wall.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread
    ) throws(ZeroMQError) {
        var options = options
        options.maxMessageSize = Self.maxFrame
        if address.needsLibrary(options) {
            engine = .library(
                try LibraryListener(.pub, at: address, in: context, options: options, on: thread) { _ in })
        } else {
            engine = .stream(
                try StreamListener(as: .pub, at: address, in: context, options: options, on: thread) { _, _ in })
        }
    }

    /// The address, with the port that the system has chosen if none was asked for.
    public var address: Address {
        switch engine {
        case .stream(let listener): listener.address
        case .library(let listener): listener.address
        }
    }

    /// Sends to everybody who has subscribed.
    ///
    /// - Parameter topic: the first frame of the message.
    public func publish(_ message: some OutboundMessage, topic: String) {
        switch engine {
        case .stream(let listener):
            var topic = topic
            topic.withUTF8 { bytes in
                listener.publish(UnsafeRawBufferPointer(bytes)) { writer in
                    message.writeFrames { writer.append(frame: $0, isLast: $1) }
                }
            }
        case .library(let listener): _ = listener.send(message, to: nil)
        }
    }

    /// Closes all connections and gives the address back. What was sent last has the time of `SocketOptions.linger`.
    public func close() {
        switch engine {
        case .stream(let listener): listener.close()
        case .library(let listener): listener.close()
        }
    }
}
