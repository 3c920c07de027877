import Foundation
import Glibc
import RawZMTP
import Sockets

@testable import ZeroMQ

/// A bare connection: it says what no listener would.
final class UnixPeer: @unchecked Sendable {  // its test waits for each of its calls
    enum Outcome { case wanted, end, nothing }

    private let descriptor: Int32
    /// The bytes that have come.
    private(set) var bytes: [UInt8] = []

    /// The bytes of peers that are to be sent away.
    static let unwelcome: [[UInt8]] = {
        let prefixes = (0..<1000).map { [UInt8($0 / 256), UInt8($0 % 256)] }
        let tooMany: [[UInt8]] = [
            prefixes.flatMap { [0, 3, 1] + $0 }, prefixes.flatMap { [4, 12, 9] + Array("SUBSCRIBE".utf8) + $0 },
        ]
        let tooLong: [UInt8] = [2, 0, 0, 0, 0, 0, 1, 0, 0]
        return [Array("GET / HTTP/1.1\r\n\r\n".utf8), openingBytes(of: "DEALER"), openingBytes(of: "PUB")]
            + (tooMany + [tooLong]).map { openingBytes(of: "SUB") + $0 }
    }()

    init() throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func connect(to address: Address) throws {
        guard case .ipc(let path) = address.target else { throw POSIXError(.EINVAL) }
        let result = SocketAddress(path: path).withPointer { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    /// Connects as a SUB that wants everything.
    func listen(at address: Address) throws {
        try connect(to: address)
        write(openingBytes(of: "SUB") + [0, 1, 1])
    }

    func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Sends a message of three frames, each shorter than 256 bytes.
    func write(_ message: Message) {
        write(message.frames.enumerated().flatMap { index, frame in [index < 2 ? 1 : 0, UInt8(frame.count)] + frame })
    }

    /// Closes the connection.
    func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads until the wanted has come, or the connection ends, or it takes too long.
    func heard(_ isWanted: @escaping @Sendable ([UInt8]) -> Bool) async -> Outcome {
        // A thread of its own: those of the tasks are few, and the publisher's heartbeats need one.
        await withCheckedContinuation { waiter in
            Thread.detachNewThread { waiter.resume(returning: self.read(until: isWanted)) }
        }
    }

    private func read(until isWanted: ([UInt8]) -> Bool) -> Outcome {
        let end = ContinuousClock.now + .seconds(10)
        while end > .now {
            if isWanted(bytes) { return .wanted }
            var piece = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return .end }
            guard count > 0 else { return .nothing }
            bytes += piece.prefix(count)
        }
        return .nothing
    }
}
