import Foundation
import NIOCore
import NIOPosix

/// A plain connection, to send what no HTTP client would.
struct RawSocket: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    init(host: String = "127.0.0.1", port: Int) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    static func canConnect(to port: Int) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() else { return false }
        try? await channel.close()
        return true
    }

    /// Sends bytes and reads on until the text that has come back satisfies, or the peer closes.
    func send(_ text: String, until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await send([text], until: isEnough)
    }

    func send(_ parts: [String], until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        var answer = ""
        do {
            try await channel.executeThenClose { inbound, outbound in
                for part in parts { try await outbound.write(ByteBuffer(string: part)) }
                for try await bytes in inbound {
                    answer += String(buffer: bytes)
                    if isEnough(answer) { break }
                }
            }
        } catch ChannelError.ioOnClosedChannel {
            // The peer was the first to close.
        } catch let error as IOError {
            answer += "(\(error))"
        }
        return answer
    }

    /// Sends bytes, says that there are no more, and reads to the end.
    func send(halfClosing text: String) async throws -> String {
        var answer = ""
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            outbound.finish()
            for try await bytes in inbound { answer += String(buffer: bytes) }
        }
        return answer
    }

    /// Says nothing, and waits until the peer closes.
    func waitForEnd() async throws {
        try await channel.executeThenClose { inbound, _ in for try await _ in inbound {} }
    }

    /// Sends bytes, waits for something to happen, and closes.
    func send(_ text: String, closingAfter event: () async -> Void) async throws {
        try await channel.executeThenClose { _, outbound in
            try await outbound.write(ByteBuffer(string: text))
            await event()
        }
    }

    /// Sends a part, waits for what comes back to satisfy and for something to happen, sends the rest and reads to the end.
    func send(
        _ part: String, until isEnough: (String) -> Bool, then event: () async throws -> Void, _ rest: String
    ) async throws -> String {
        var answer = ""
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: part))
            var bytes = inbound.makeAsyncIterator()
            while !isEnough(answer), let more = try await bytes.next() { answer += String(buffer: more) }
            try await event()
            try await outbound.write(ByteBuffer(string: rest))
            while let more = try await bytes.next() { answer += String(buffer: more) }
        }
        return answer
    }
}

extension String {
    /// The number of times that a text stands in this one.
    func count(of text: String) -> Int { ranges(of: text).count }
}
