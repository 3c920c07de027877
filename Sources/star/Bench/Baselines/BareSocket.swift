import Foundation

/// A Unix socket by the system's own calls: as many bytes to and fro, after a word that says how many.
struct BareSocket: Pipeline, ~Copyable {
    /// The system said no.
    struct BareSocketError: Error, CustomStringConvertible {
        let description = "socket: \(String(cString: strerror(errno)))"
    }

    private let descriptor: Int32
    private var request: [UInt8] = []
    /// The number of requests that wait to be written, and the bytes of the first that are written.
    private var (waiting, written) = (0, 0)
    private var reply = [UInt8](repeating: 0, count: 1 << 20)
    private var (replySize, read) = (0, 0)

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let status = try Self.withAddress(path) { connect(descriptor, $0, $1) }
        guard status == 0 else { throw BareSocketError() }
    }

    deinit {
        close(descriptor)
    }

    mutating func prepare(_ payload: Int) {
        let sizes = MessageSizes(payload)
        let length = MessageSizes.preamble + sizes.requestHead + sizes.requestBody
        request = [UInt8](repeating: 0, count: RequestPrefix.size + length)
        replySize = MessageSizes.preamble + MessageSizes.replyHead + MessageSizes.replyBody(sizes.requestBody)
        RequestPrefix(request: UInt32(length), reply: UInt32(replySize)).write(to: &request)
    }

    mutating func send() throws {
        waiting += 1
        try write()
    }

    mutating func receive(within time: Duration?) throws -> Bool {
        while read < replySize {
            try write()
            guard waiting > 0 || time != nil else {
                try receive(flags: 0)
                continue
            }
            var item = pollfd(fd: descriptor, events: Int16(POLLIN | (waiting > 0 ? POLLOUT : 0)), revents: 0)
            let limit = time.map { Int32(($0 / .milliseconds(1)).rounded(.up)) } ?? -1
            guard poll(&item, 1, limit) > 0 else { return false }
            if item.revents & Int16(POLLIN) != 0 { try receive(flags: Int32(MSG_DONTWAIT)) }
        }
        read -= replySize
        return true
    }

    /// Writes what the socket accepts.
    private mutating func write() throws {
        while waiting > 0 {
            let left = request.count - written
            let count = request.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: written), left, Self.writing)
            }
            guard count >= 0 else {
                guard errno == EAGAIN else { throw BareSocketError() }
                return
            }
            written += count
            guard written == request.count else { continue }
            (waiting, written) = (waiting - 1, 0)
        }
    }

    private mutating func receive(flags: Int32) throws {
        let count = recv(descriptor, &reply, reply.count, flags)
        guard count > 0 || (count < 0 && errno == EAGAIN) else { throw BareSocketError() }
        read += max(count, 0)
    }

    private static let writing = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
}

extension BareSocket {
    /// The header of each request: its length, and that of the reply.
    private struct RequestPrefix {
        static let size = 8
        var request: UInt32 = 0
        var reply: UInt32 = 0

        func write(to bytes: inout [UInt8]) {
            withUnsafeBytes(of: self) { bytes.replaceSubrange(0..<Self.size, with: $0) }
        }
    }

    /// Serves one connection on a thread of its own.
    ///
    /// - Returns: the path.
    static func serve(_ path: String) throws -> String {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let status = try withAddress(path) { bind(listener, $0, $1) }
        guard status == 0, listen(listener, 1) == 0 else { throw BareSocketError() }
        Thread.detachNewThread { serve(accept(listener, nil, nil)) }
        return path
    }

    private static func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: MessageSizes.maxSize)
        var header = RequestPrefix()
        var count = 0
        while true {
            // Mostly the header and the request come together; what is left over belongs to the next.
            while count < RequestPrefix.size {
                guard receive(connection, &buffer, &count) else { return }
            }
            buffer.withUnsafeBytes { header = $0.loadUnaligned(as: RequestPrefix.self) }
            let length = RequestPrefix.size + Int(header.request)
            while count < length {
                guard receive(connection, &buffer, &count) else { return }
            }
            guard send(connection, buffer, Int(header.reply)) else { return }
            count -= length
            buffer.withUnsafeMutableBytes { bytes in
                _ = bytes.baseAddress.map { memmove($0, $0 + length, count) }
            }
        }
    }

    private static func receive(_ connection: Int32, _ buffer: inout [UInt8], _ count: inout Int) -> Bool {
        let space = buffer.count - count
        let more = buffer.withUnsafeMutableBytes { recv(connection, $0.baseAddress?.advanced(by: count), space, 0) }
        count += max(more, 0)
        return more > 0
    }

    private static func send(_ connection: Int32, _ buffer: [UInt8], _ size: Int) -> Bool {
        var sent = 0
        while sent < size {
            let count = buffer.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress?.advanced(by: sent), size - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func withAddress<Value>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) throws -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw BareSocketError() }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
