/// The keys of one side of a connection with CURVE (RFC 26).
package enum Curve: Sendable {
    /// - Parameters:
    ///   - secretKey: the server's, for all its connections.
    ///   - admit: the name of whoever has a public key; `nil` if it may not connect.
    case server(secretKey: CurveBytes, admit: @Sendable (_ publicKey: CurveBytes) -> String?)
    case client(publicKey: CurveBytes, secretKey: CurveBytes, serverKey: CurveBytes)

    var isServer: Bool {
        if case .server = self { true } else { false }
    }
}

/// The handshake of one side: four commands, of which each proves the one before it. It does no I/O.
struct CurveHandshake {
    enum HandshakeStep {
        /// To be sent.
        case reply([UInt8])
        /// Both sides have proved their keys; `metadata` describes the peer's socket, and `reply` is sent before all
        /// else.
        case done(CurveSender, CurveReceiver, peer: String, metadata: [UInt8], reply: [UInt8]?)
        /// There will be no connection; `reply` is sent before it is closed.
        case refused(ZMTPSession.Rejection, reply: [UInt8]?)
    }

    private enum State {
        case expectsHello
        case expectsInitiate(Expected)
        case expectsWelcome(public: CurveBytes, secret: CurveBytes)
        case expectsReady(CurveBox)
        case over
    }

    /// The state that a server has agreed with a client, by the keys made for this connection.
    private struct Expected {
        let box: CurveBox
        let client: CurveBytes
        let secret: CurveBytes
        let cookie: [UInt8]
        let lastCounter: UInt64
    }

    private let curve: Curve
    private var state: State

    init(_ curve: Curve) {
        self.curve = curve
        state = .over
        switch curve {
        case .server: state = .expectsHello
        case .client:
            let transient = Sodium.makeKeyPair()
            state = .expectsWelcome(public: transient.public, secret: transient.secret)
        }
    }

    /// The first command, of a client.
    ///
    /// - Throws: if the server's key is none.
    func hello() throws(ZMTPError) -> [UInt8]? {
        guard case .client(_, _, let serverKey) = curve, case .expectsWelcome(let transient, let secret) = state else {
            return nil
        }
        guard let box = CurveBox(to: serverKey, from: secret) else { throw ZMTPError("the server's key is none") }
        let signature = box.seal([UInt8](repeating: 0, count: 64), nonce: CurveNonce("CurveZMQHELLO---", counter: 1))
        return command("HELLO", [1, 0] + [UInt8](repeating: 0, count: 72) + transient + number(1) + signature)
    }

    /// Reads the next command of the peer.
    ///
    /// - Parameters:
    ///   - name: of the command.
    ///   - body: what follows the name.
    ///   - metadata: the properties of this side's socket.
    mutating func next(
        _ name: String, _ body: UnsafeRawBufferPointer, metadata: [UInt8]
    ) throws(ZMTPError) -> HandshakeStep {
        switch (curve, state, name) {
        case (.server(let secretKey, _), .expectsHello, "HELLO"): return try welcome(body, secretKey)
        case (.server(let secretKey, let admit), .expectsInitiate(let expected), "INITIATE"):
            state = .over
            return try ready(body, secretKey, expected, admit, metadata)
        case (.client, .expectsWelcome(let transient, let secret), "WELCOME"):
            return try initiate(body, transient, secret, metadata)
        case (.client, .expectsReady(let box), "READY"):
            state = .over
            return try finish(body, box)
        default: throw ZMTPError("the command \(name) has no place in the handshake")
        }
    }
}

// MARK: - The server's side

extension CurveHandshake {
    private mutating func welcome(
        _ hello: UnsafeRawBufferPointer, _ secretKey: CurveBytes
    ) throws(ZMTPError) -> HandshakeStep {
        guard hello.count == 194, hello[0] == 1, hello[1] == 0 else { throw ZMTPError("a HELLO is malformed") }
        let client = Array(hello[74..<106])
        let counter = readNumber(hello, at: 106)
        let signature = UnsafeRawBufferPointer(rebasing: hello[114...])
        guard let box = CurveBox(to: client, from: secretKey),
            let zeros = box.open(signature, nonce: CurveNonce("CurveZMQHELLO---", counter: counter)),
            zeros.allSatisfy({ $0 == 0 })
        else {
            state = .over
            return .refused(.otherServer, reply: nil)
        }
        let transient = Sodium.makeKeyPair()
        // Opaque to the client, which sends it back: the server keeps what others would put into it.
        let cookie = Sodium.random(96)
        guard let next = CurveBox(to: client, from: transient.secret) else { throw ZMTPError("a HELLO has no key") }
        let random = Sodium.random(16)
        let sealed = box.seal(transient.public + cookie, nonce: CurveNonce("WELCOME-", random: random))
        state = .expectsInitiate(
            Expected(box: next, client: client, secret: transient.secret, cookie: cookie, lastCounter: counter))
        return .reply(command("WELCOME", random + sealed))
    }

    private func ready(
        _ initiate: UnsafeRawBufferPointer, _ secretKey: CurveBytes, _ expected: Expected,
        _ admit: (CurveBytes) -> String?, _ metadata: [UInt8]
    ) throws(ZMTPError) -> HandshakeStep {
        guard initiate.count >= 96 + 8 + 16 + 128, Sodium.areEqual(initiate[..<96], expected.cookie) else {
            throw ZMTPError("an INITIATE is malformed")
        }
        let counter = readNumber(initiate, at: 96)
        guard counter > expected.lastCounter,
            let text = expected.box.open(
                UnsafeRawBufferPointer(rebasing: initiate[104...]),
                nonce: CurveNonce("CurveZMQINITIATE", counter: counter))
        else { throw ZMTPError("an INITIATE cannot be opened") }
        let key = Array(text[..<32])
        let vouchNonce = CurveNonce("VOUCH---", random: text[32..<48])
        guard let vouchBox = CurveBox(to: key, from: expected.secret),
            let vouch = Array(text[48..<128]).withUnsafeBytes({ vouchBox.open($0, nonce: vouchNonce) }),
            Sodium.areEqual(vouch, expected.client + Sodium.publicKey(of: secretKey))
        else { throw ZMTPError("the key of an INITIATE is not vouched for") }
        guard let name = admit(key) else {
            // The status is ZAP's (RFC 27).
            return .refused(.key(key), reply: command("ERROR", [3] + Array("400".utf8)))
        }
        let sealed = expected.box.seal(metadata, nonce: CurveNonce("CurveZMQREADY---", counter: 1))
        return .done(
            CurveSender(expected.box, "CurveZMQMESSAGES", last: 1),
            CurveReceiver(expected.box, "CurveZMQMESSAGEC", last: counter), peer: name,
            metadata: Array(text[128...]), reply: command("READY", number(1) + sealed))
    }
}

// MARK: - The client's side

extension CurveHandshake {
    private mutating func initiate(
        _ welcome: UnsafeRawBufferPointer, _ transient: CurveBytes, _ secret: CurveBytes, _ metadata: [UInt8]
    ) throws(ZMTPError) -> HandshakeStep {
        guard case .client(let publicKey, let secretKey, let serverKey) = curve, welcome.count == 160,
            let box = CurveBox(to: serverKey, from: secret),
            let text = box.open(
                UnsafeRawBufferPointer(rebasing: welcome[16...]),
                nonce: CurveNonce("WELCOME-", random: welcome[..<16]))
        else { throw ZMTPError("a WELCOME is malformed") }
        let (server, cookie) = (Array(text[..<32]), Array(text[32...]))
        guard let next = CurveBox(to: server, from: secret), let vouchBox = CurveBox(to: server, from: secretKey) else {
            throw ZMTPError("a WELCOME has no key")
        }
        let random = Sodium.random(16)
        let vouch = random + vouchBox.seal(transient + serverKey, nonce: CurveNonce("VOUCH---", random: random))
        let sealed = next.seal(publicKey + vouch + metadata, nonce: CurveNonce("CurveZMQINITIATE", counter: 2))
        state = .expectsReady(next)
        return .reply(command("INITIATE", cookie + number(2) + sealed))
    }

    private func finish(_ ready: UnsafeRawBufferPointer, _ box: CurveBox) throws(ZMTPError) -> HandshakeStep {
        guard ready.count >= 8 else { throw ZMTPError("a READY is malformed") }
        let counter = readNumber(ready, at: 0)
        guard
            let metadata = box.open(
                UnsafeRawBufferPointer(rebasing: ready[8...]), nonce: CurveNonce("CurveZMQREADY---", counter: counter))
        else { throw ZMTPError("a READY cannot be opened") }
        return .done(
            CurveSender(box, "CurveZMQMESSAGEC", last: 2), CurveReceiver(box, "CurveZMQMESSAGES", last: counter),
            peer: "", metadata: metadata, reply: nil)
    }
}

// MARK: - Bytes

extension CurveHandshake {
    private func command(_ name: String, _ body: [UInt8]) -> [UInt8] { Command.body(name, body) }

    private func number(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private func readNumber(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
