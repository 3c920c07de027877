import Endpoints
import Foundation
import RPC

@testable import ZMTP
@testable import ZeroMQ
@testable import ZeroMQTransport

// MARK: - ZMTP

private let roles: [ZMTPSession.SocketRole] = [.router, .dealer, .pub, .sub]

/// One end of a connection: what it has read is a list of lines, so that two ends can be compared.
private final class FuzzedEnd {
    var session: ZMTPSession
    private(set) var events: [String] = []
    private var unused: [UInt8] = []
    private(set) var isOver = false

    init(_ role: ZMTPSession.SocketRole, _ curve: Curve? = nil) {
        session = ZMTPSession(role, limits: .init(frame: 2048), curve: curve)
    }

    func written() -> [UInt8] {
        var bytes: [UInt8] = []
        session.output.drain {
            bytes = Array($0)
            return $0.count
        }
        return bytes
    }

    func read(_ bytes: [UInt8], in size: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty, !isOver {
            unused += rest.prefix(size)
            rest = rest.dropFirst(size)
            readUnused()
        }
    }

    private func readUnused() {
        while !isOver {
            do {
                let (used, event) = try unused.withUnsafeBytes { bytes in
                    let step = try session.next(in: bytes)
                    precondition(0...bytes.count ~= step.used)
                    return (step.used, step.event.map(line))
                }
                unused.removeFirst(used)
                guard let event else { break }
                events.append(event)
            } catch {
                events.append("\(error)")
                isOver = true
            }
        }
        precondition(unused.count <= 2048 + 64 * 1024 + 4096, "It holds \(unused.count) bytes.")
        precondition(session.output.count <= 80 * 1024, "It wants to write \(session.output.count) bytes.")
    }

    private func line(_ event: ZMTPSession.Progress) -> String {
        guard case .message = event else { return "\(event)" }
        precondition(session.frames.count <= Frames.limit && session.frames.count <= session.frames.total)
        return "\((0..<session.frames.count).map { Array(session.frames[$0]) }) of \(session.frames.total)"
    }
}

/// Bytes after a greeting, at once and in pieces: both are read alike.
func fuzzZMTP(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    let (role, size) = (roles[Int(input.byte() & 3)], 1 + Int(input.byte()))
    let rest = (role == .router ? [] : ZMTPGreeting.bytes) + input.remaining()
    let (whole, cut) = (FuzzedEnd(role), FuzzedEnd(role))
    whole.read(rest)
    cut.read(rest, in: size)
    precondition(whole.events == cut.events, "\(whole.events) is not \(cut.events)")
}

let zmtpSeeds: [[UInt8]] = {
    func ready(_ type: String) -> [UInt8] { framed(Command.body("READY", socketType(type)), 4) }
    func socketType(_ type: String) -> [UInt8] {
        [11] + Array("Socket-Type".utf8) + [0, 0, 0, UInt8(type.utf8.count)] + type.utf8
    }
    func framed(_ body: [UInt8], _ flags: UInt8) -> [UInt8] { [flags, UInt8(body.count)] + body }
    let ping = framed(Command.body("PING", [0, 9, 1, 2, 3]), 4)
    return [
        [0, 6] + ZMTPGreeting.bytes + ready("DEALER") + framed([1, 2], 1) + ping + framed([], 0) + ping,
        [1, 0] + ready("ROUTER") + [2, 0, 0, 0, 0, 0, 0, 1, 4] + [UInt8](repeating: 7, count: 260),
        [2, 3] + ready("SUB") + framed([1, 65], 0) + framed(Command.body("SUBSCRIBE", [66]), 4) + framed([0, 65], 0)
            + framed(Command.body("CANCEL", [66]), 4),
        [3, 9] + ready("PUB") + framed(Array("a.b".utf8), 1) + framed(Array("{}".utf8), 0),
        [1, 40] + framed(Command.body("ERROR", [3] + Array("400".utf8)), 4),
    ]
}()

// MARK: - CURVE

private let serverKeys = Sodium.makeKeyPair()
private let clientKeys = Sodium.makeKeyPair()

/// A handshake and two messages between two honest ends, in which bytes are changed, cut off and added on the way.
func fuzzCurve(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    let known = clientKeys.public
    let server = FuzzedEnd(.router, .server(secretKey: serverKeys.secret) { $0 == known ? "ada" : nil })
    let client = FuzzedEnd(
        .dealer,
        .client(publicKey: clientKeys.public, secretKey: clientKeys.secret, serverKey: serverKeys.public))
    for round in 0..<10 {
        if client.session.isReady {
            [UInt8](repeating: UInt8(round), count: Int(input.byte())).withUnsafeBytes {
                client.session.output.append(frame: $0, isLast: round % 2 == 0)
            }
        }
        let isUnchanged = input.isEmpty
        server.read(changed(client.written(), by: &input))
        client.read(changed(server.written(), by: &input))
        guard !server.isOver, !client.isOver else { return }
        precondition(!isUnchanged || round == 0 || server.session.peerName.isEmpty || server.session.peerName == "ada")
    }
}

private func changed(_ bytes: [UInt8], by input: inout InputBytes) -> [UInt8] {
    var bytes = bytes
    switch input.byte() {
    case 1 where !bytes.isEmpty:
        let place = (Int(input.byte()) << 8 | Int(input.byte())) % bytes.count
        bytes[place] ^= input.byte()
    case 2: bytes.removeLast(min(bytes.count, Int(input.byte())))
    case 3: bytes += input.prefix(Int(input.byte()))
    case 4: bytes = input.piece()
    case 5: bytes += bytes
    default: break
    }
    return bytes
}

let curveSeeds: [[UInt8]] = [
    [], [0, 0, 0, 0, 1, 0, 70, 1], [0, 0, 2, 9], [0, 0, 0, 0, 0, 0, 20, 0, 0, 200, 1, 0, 30, 255], [0, 0, 3, 2, 4, 0],
    [0, 0, 0, 0, 0, 0, 9, 5], [0, 0, 4, 10, 0, 4, 8, 7] + Array("MESSAGE".utf8), [1, 0, 11, 9], [0, 1, 0, 32, 1],
]

// MARK: - S1

/// The frames of one message, as a front and as a subscriber read them.
func fuzzS1(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    var parts: [[UInt8]] = []
    while !input.isEmpty, parts.count < 16 { parts.append(input.piece()) }
    let storage = parts.flatMap(\.self)
    storage.withUnsafeBytes { bytes in
        var frames = Frames()
        var start = 0
        for part in parts {
            let frame = UnsafeRawBufferPointer(rebasing: bytes[start..<start + part.count])
            if frames.count < Frames.limit { frames.append(frame) } else { frames.skip() }
            start += part.count
        }
        readAsFront(frames)
        if frames.isWhole { _ = Event(frames) }
    }
    for part in parts { part.withUnsafeBytes(readHead) }
}

private func readAsFront(_ frames: Frames) {
    let peer = Peer(PeerID(listener: 0, name: RoutingID(number: 1)))
    guard let (path, start) = ReplyRoute.read(frames, from: peer) else { return }
    precondition(path.size <= Frames.limit * ReplyRoute.maxEnvelopeFrame)
    switch InboundMessage.read(frames, from: start, maxBody: 1000) {
    case .message(let preamble, let head, let body):
        precondition(body.count <= 1000)
        let call = Call(preamble, head, body)
        precondition(preamble.kind != .request || !call.endpoint.isEmpty)
        let reply = RPCMessage.reply(.success(status: 200, body: body), to: call, id: preamble.id)
        reply.head.withUnsafeBytes { precondition((try? Headers($0)) != nil, "A reply cannot be read.") }
    case .faulty(let preamble, let head, let problem):
        _ = RPCMessage.reply(.failure(problem), to: Call(faulty: preamble, head), id: preamble.id)
    case .refused, .dropped: break
    }
}

/// A head that was read is written so that it is read again as the same.
private func readHead(_ bytes: UnsafeRawBufferPointer) {
    _ = SendTime(in: bytes)
    guard let head = try? Headers(bytes) else { return }
    head.bytes.withUnsafeBytes { precondition((try? Headers($0)) == head, "\(head) is read as something else.") }
    if let times = head[.serverTiming] { ReportedTimings().record(header: times) }
    if let parent = head[.traceparent] { _ = TraceContext(header: parent, state: head[.tracestate]) }
    _ = head.withValue(of: .sent) { SendTime($0) }
    _ = Reply(Preamble(.reply, id: 1, time: 5), head, body: Data(#"{"code":"x","status":400}"#.utf8))
}

let s1Seeds: [[UInt8]] = {
    func message(_ preamble: Preamble, _ head: String, _ body: String = "{}", before: [UInt8] = []) -> [UInt8] {
        before + [16, 0] + preamble.bytes + pieces(head, body)
    }
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\ntracestate: a=b,c=d\n"
    return [
        message(Preamble(.request, id: 1, flags: .idempotent, time: 1000), "auth.smoke\nx-token: a.b.c\n" + trace),
        message(Preamble(.request, id: 2), "auth.create\nsent: 1000 time:[1]\ncontent-type: application/json\n"),
        message(Preamble(.reply, id: 3), "200\nserver-timing: wait;dur=0.5, handler;desc=\"a, b\";dur=1\n"),
        message(Preamble(.hello, id: 0), "\ncontract: abc\nserver-instance: f00\nmax-body: 1024\n", ""),
        message(Preamble(.ping, id: 9), "\nsent: 18446744073709551615 a\n", "", before: [5, 0, 1, 2, 3, 4, 5, 0, 0]),
        message(Preamble(.cancel, id: 4), "", ""), pieces("auth.trust", "E1\nepoch: a\nsequence: 12\n", "{}"),
    ]
}()
