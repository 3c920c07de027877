import Noise
import Testing

@testable import ZMTP

@Suite("A ZMTP session")
struct SessionTests {
    @Test("greets, says which socket it is, and is ready when the other side has done so too")
    func handshake() throws {
        let end = End(.router)
        #expect(end.written() == ZMTPGreeting.bytes + RFC37.ready("ROUTER"))
        #expect(try end.read(ZMTPGreeting.bytes) == [])
        #expect(!end.isReady)
        #expect(try end.read(RFC37.ready("DEALER")) == [.ready])
        #expect(end.isReady)
    }

    @Test("understands what it says itself, whatever pieces it comes in", arguments: [1, 7, 64, 4096])
    func pieces(size: Int) throws {
        let messages: [[[UInt8]]] = [
            [[1, 2, 3]], [[], [7]], [[UInt8](repeating: 1, count: 255)], [[UInt8](repeating: 2, count: 256), [], [3]],
            [[UInt8](repeating: 3, count: 100_000)],
        ]
        var writer = FrameWriter()
        for message in messages {
            for (index, frame) in message.enumerated() {
                frame.withUnsafeBytes { writer.append(frame: $0, isLast: index == message.count - 1) }
            }
        }
        let end = try End.ready(.dealer)
        #expect(try end.read(writer.taken(), in: size) == messages.map { .message($0, total: $0.count) })
    }

    @Test("writes in order what it is given, however much is taken at a time", arguments: [1000, 70_000, .max])
    func writing(limit: Int) throws {
        let messages = [10, 99_000, 5, 65_000, 2000, 70_000, 0, 100_000, 64, 200].enumerated().map { index, size in
            [[UInt8(index)], [UInt8](repeating: UInt8(index), count: size)]
        }
        var writer = FrameWriter()
        var bytes: [UInt8] = []
        for message in messages {
            message[0].withUnsafeBytes { writer.append(frame: $0, isLast: false) }
            message[1].withUnsafeBytes { writer.append(frame: $0, isLast: true) }
            let count = writer.count
            let taken = writer.taken(atMost: limit)
            bytes += taken
            let left = writer.count
            #expect(left == count - taken.count)
        }
        bytes += writer.taken()
        let end = try End.ready(.dealer)
        #expect(try end.read(bytes, in: 4096) == messages.map { .message($0, total: 2) })
    }

    @Test("shows the first frames of a message and counts them all")
    func manyFrames() throws {
        let end = try End.ready(.router)
        let bytes = (0..<1000).flatMap { RFC37.frame([UInt8($0 & 255)], isLast: $0 == 999) }
        #expect(try end.read(bytes) == [.message((0..<12).map { [UInt8($0)] }, total: 1000)])
    }

    @Test("answers a PING with its context, between messages and within one")
    func ping() throws {
        let end = try End.ready(.router)
        let ping: [UInt8] = [4, 10] + [4] + Array("PING".utf8) + [0, 0] + [8, 9, 10]
        #expect(
            try end.read(RFC37.frame([1], isLast: false) + ping + RFC37.frame([2], isLast: true)) == [
                .message([[1], [2]], total: 2)
            ])
        #expect(try end.read(ping) == [])
        let pong: [UInt8] = [4, 8] + [4] + Array("PONG".utf8) + [8, 9, 10]
        #expect(end.written() == pong + pong)
    }

    @Test("passes on for how long a PING wants its peer to wait, and says so itself")
    func timeToLive() throws {
        let end = try End.ready(.router)
        #expect(try end.read(RFC37.command("PING", [1, 44])) == [.expiry(.seconds(30))])
        _ = end.written()
        end.session.ping(timeToLive: .seconds(20))
        #expect(end.written() == RFC37.command("PING", [0, 200]))
        let fresh = End(.router)
        _ = fresh.written()
        fresh.session.ping(timeToLive: .seconds(20))
        #expect(fresh.written() == [])
    }

    @Test("sends a PING to those who know it, which is since ZMTP 3.1", arguments: [(3, 0), (3, 1), (3, 2), (4, 0)])
    func heartbeatsByVersion(major: UInt8, minor: UInt8) throws {
        let end = End(.router)
        _ = end.written()
        try end.read(RFC37.greeting(mechanism: "NULL", version: (major, minor)) + RFC37.ready("DEALER"))
        #expect(end.session.hasHeartbeats == ((major, minor) != (3, 0)))
        end.session.ping(timeToLive: .seconds(20))
        #expect(end.written().isEmpty == ((major, minor) == (3, 0)))
    }

    @Test("holds no more answers than a peer reads")
    func pings() throws {
        let end = try End.ready(.router)
        let ping = RFC37.command("PING", [0, 0] + [UInt8](repeating: 7, count: 16))
        for _ in 1...10_000 { _ = try end.read(ping) }
        #expect((64 * 1024..<65 * 1024).contains(end.session.output.count))
        _ = end.written()
        #expect(try end.read(ping) == [])
        #expect(end.written() == RFC37.command("PONG", [UInt8](repeating: 7, count: 16)))
    }

    @Test(
        "ends with a peer that breaks the protocol before the handshake",
        arguments: [
            Array("GET / HTTP/1.1\r\n".utf8), [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7E],
            [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1],
            ZMTPGreeting.bytes + RFC37.ready("PUB"),
            ZMTPGreeting.bytes + RFC37.ready("router"), ZMTPGreeting.bytes + [4, 0], ZMTPGreeting.bytes + [4, 1, 0],
            ZMTPGreeting.bytes + [4, 1, 9], ZMTPGreeting.bytes + RFC37.command("READY", [9, 65]),
            ZMTPGreeting.bytes + RFC37.command("READY", [1, 65, 0xFF, 0xFF, 0xFF, 0xFF]),
            ZMTPGreeting.bytes + RFC37.command("READY", []), ZMTPGreeting.bytes + RFC37.frame([1], isLast: true),
            ZMTPGreeting.bytes + [5] + RFC37.ready("DEALER").dropFirst(),
            ZMTPGreeting.bytes + [6, 0, 0, 0, 0, 0, 0, 0x40, 0],
        ] as [[UInt8]])
    func badHandshake(bytes: [UInt8]) {
        let end = End(.router)
        #expect(throws: ZMTPError.self) { try end.read(bytes) }
    }

    @Test(
        "refuses a peer that has another mechanism, and names it",
        arguments: [("CURVE", "CURVE"), ("PLAIN", "PLAIN"), ("NULL2", "NULL2"), ("null", "unknown"), ("", "unknown")])
    func otherMechanism(mechanism: String, name: String) throws {
        var session = ZMTPSession(.router, limits: .init(frame: 1024))
        let greeting = RFC37.greeting(mechanism: mechanism)
        let step = try greeting.withUnsafeBytes { bytes in try session.next(in: bytes) }
        guard case .refused(.otherMechanism(name, own: "NULL")) = step.event else {
            Issue.record("\(step)")
            return
        }
    }

    @Test(
        "ends with a peer that breaks the protocol after the handshake",
        arguments: [
            [8, 1, 1], [2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [2, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [2, 0, 0, 0, 0, 0, 2, 0, 1], RFC37.ready("DEALER"), RFC37.command("PING", [0]),
            RFC37.command("PING", [UInt8](repeating: 0, count: 19)), RFC37.command("ERROR", [0]),
        ] as [[UInt8]])
    func badTraffic(bytes: [UInt8]) throws {
        let end = try End.ready(.router)
        #expect(throws: ZMTPError.self) { try end.read(bytes) }
    }

    @Test("says so if the peer refuses, and reads nothing more")
    func refused() throws {
        let end = End(.router)
        let error = ZMTPGreeting.bytes + RFC37.command("ERROR", [2, 110, 111])
        #expect(try end.read(error + RFC37.ready("DEALER")) == [.refused])
        #expect(!end.isReady)
    }

    @Test("ends with a peer whose message never does")
    func endless() throws {
        let end = try End.ready(.router)
        let piece = RFC37.frame([UInt8](repeating: 0, count: 200), isLast: false)
        #expect(throws: ZMTPError.self) { for _ in 0..<2000 { try end.read(piece) } }
    }

    @Test("ends with a peer that puts commands without end between two frames of a message")
    func endlessCommands() throws {
        let end = try End.ready(.router)
        try end.read(RFC37.frame([1], isLast: false))
        let command = RFC37.command("PONG", [UInt8](repeating: 0, count: 200))
        #expect(throws: ZMTPError.self) { for _ in 0..<2000 { try end.read(command) } }
    }

    @Test("survives whatever comes", arguments: 0..<200 as Range<UInt64>)
    func noise(seed: UInt64) throws {
        var noise = Noise(seed: seed)
        let end = try End.ready(.router)
        let good =
            RFC37.frame(Array("S1".utf8), isLast: false) + RFC37.frame([], isLast: true)
            + RFC37.command("PING", [0, 0, 1])
        var isIntact = true
        for _ in 0..<200 {
            var bytes = good
            for _ in 0..<(noise.next() % 3) {
                bytes[Int(noise.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: noise.next())
            }
            isIntact = isIntact && bytes == good
            do {
                let events = try end.read(bytes, in: 1 + Int(noise.next() % 9))
                #expect(!isIntact || events.first == .message([Array("S1".utf8), []], total: 2))
            } catch {
                #expect(!isIntact && error is ZMTPError)
                return
            }
        }
    }
}

/// One end of a connection, fed by the test.
final class End {
    enum Event: Equatable {
        case ready
        case message([[UInt8]], total: Int)
        case expiry(Duration)
        case refused
    }

    var session: ZMTPSession
    private var unused: [UInt8] = []

    init(_ role: ZMTPSession.SocketRole, _ curve: Curve? = nil) {
        session = ZMTPSession(role, limits: .init(frame: 128 * 1024), curve: curve)
    }

    static func ready(_ role: ZMTPSession.SocketRole) throws -> End {
        let end = End(role)
        _ = end.written()
        let peers: [ZMTPSession.SocketRole: String] = [.router: "DEALER", .dealer: "ROUTER", .pub: "SUB", .sub: "PUB"]
        try end.read(ZMTPGreeting.bytes + RFC37.ready(peers[role] ?? ""))
        return end
    }

    var isReady: Bool { session.isReady }

    func written() -> [UInt8] { session.output.taken() }

    @discardableResult
    func read(_ bytes: [UInt8], in size: Int = .max) throws -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            unused += rest.prefix(size)
            rest = rest.dropFirst(size)
            while true {
                let (used, event) = try unused.withUnsafeBytes { bytes in
                    let step = try session.next(in: bytes)
                    return (step.used, step.event.map(shown))
                }
                unused.removeFirst(used)
                guard let event else { break }
                events.append(event)
            }
        }
        return events
    }

    private func shown(_ event: ZMTPSession.Progress) -> Event {
        switch event {
        case .ready: .ready
        case .expiry(let time): .expiry(time)
        case .refused: .refused
        case .message:
            .message((0..<session.frames.count).map { Array(session.frames[$0]) }, total: session.frames.total)
        }
    }
}

extension FrameWriter {
    mutating func taken() -> [UInt8] {
        var bytes: [UInt8] = []
        while count > 0 { bytes += taken(atMost: .max) }
        return bytes
    }

    /// Takes some of the bytes that lie together.
    mutating func taken(atMost limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        drain {
            bytes = Array($0.prefix(limit))
            return bytes.count
        }
        return bytes
    }
}

/// Bytes as RFC 37 has them, written independently of the code.
enum RFC37 {
    static func greeting(mechanism: String, version: (UInt8, UInt8) = (3, 0)) -> [UInt8] {
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, version.0, version.1] + mechanism.utf8
            + [UInt8](repeating: 0, count: 20 - mechanism.utf8.count + 32)
    }

    static func ready(_ type: String) -> [UInt8] {
        command(
            "READY",
            [11] + Array("Socket-Type".utf8) + [0, 0, 0, UInt8(type.utf8.count)] + type.utf8
                + [8] + Array("Identity".utf8) + [0, 0, 0, 0])
    }

    static func command(_ name: String, _ body: [UInt8]) -> [UInt8] {
        [4, UInt8(1 + name.utf8.count + body.count), UInt8(name.utf8.count)] + name.utf8 + body
    }

    static func frame(_ body: [UInt8], isLast: Bool) -> [UInt8] {
        [isLast ? 0 : 1, UInt8(body.count)] + body
    }
}
