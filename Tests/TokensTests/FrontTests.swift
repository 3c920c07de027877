import Crypto
import Endpoints
import EventLoop
import Foundation
import HTTPTransport
import JOSE
import JSON
import RPC
import Synchronization
import Testing
import ZeroMQ
import ZeroMQTransport

@testable import Tokens

@Suite("A token that must not be accepted, sent to a service", .timeLimit(.minutes(1)))
struct FrontTests {
    /// A service behind both fronts, which trusts what a bench's auth issues.
    struct Fronts {
        let bench: Bench
        let callers: [any Caller]

        static func open(_ test: (Fronts) async throws -> Void) async throws {
            let bench = try await Bench.warm()
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
            let (context, thread) = (try Context(), try SocketThread(name: "fronts"))
            let dispatcher = try Dispatcher(
                Guarded(), contract: GuardedContract.description, verifier: bench.verifier)
            let address = try Address("ipc://\(folder.path)/s")
            let zeroMQ = ZeroMQFront(dispatcher, on: thread, context: context, addresses: [address])
            _ = try await zeroMQ.start()
            let http = try HTTPFront(dispatcher, settings: .init(port: 0))
            let web = HTTPCaller(try await http.start()[0])
            let peer = ZeroMQCaller(address, on: thread, context: context)
            try await peer.start()
            let result = await Result { try await test(Fronts(bench: bench, callers: [web, peer])) }
            await web.close()
            await peer.close()
            await http.stop()
            await zeroMQ.stop()
            await thread.shutdown()
            context.terminate()
            try? FileManager.default.removeItem(at: folder)
            try result.get()
        }

        /// The body of the answer over each wire, without the trace that each call has of its own.
        func bodies(_ token: String) async -> [String] {
            var bodies: [String] = []
            for caller in callers {
                let call = Call("guarded.ask", token: token, timeout: .seconds(20))
                switch await caller.call(call, GuardedContract.ask.description) {
                case .success: bodies.append("accepted")
                case .failure(let problem): bodies.append(String(decoding: problem.json(traceID: ""), as: UTF8.self))
                }
            }
            return bodies
        }
    }

    actor Guarded: RPC.Service {
        nonisolated var handlers: Handlers { Handlers { handle(GuardedContract.ask) { _, _ in Empty() } } }
    }

    enum GuardedContract: Contract {
        static let name = "guarded"
        static let version = "1.0.0"
        static let summary = "Made for tests."
        static let ask = Endpoint<Empty, Empty>(
            "ask", .get, "/ask", access: .permission("time"), deadline: .seconds(20), summary: "Answers.")
        static let endpoints = EndpointList { ask }
    }

    /// Every variant of a forged token, by what is wrong with it.
    static func forged(_ bench: Bench, sink: String) throws -> [String: [String]] {
        let (forger, stranger) = (Forger(bench), SigningKey())
        let good = try bench.token()
        let parts = good.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[2].utf8))
        let head = "\(parts[0]).\(parts[1])."
        let now = Int(forger.now.timeIntervalSince1970)
        func unsigned(_ alg: String) throws -> String {
            try forger.token(header: ["alg": .string(alg)]).split(separator: ".").prefix(2).joined(separator: ".") + "."
        }
        func macs(_ secret: Data) throws -> String {
            let signed = try forger.token(header: ["alg": "HS256"]).split(separator: ".").prefix(2).joined(
                separator: ".")
            let code = HMAC<Crypto.SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret))
            return signed + "." + Base64URL.encode(code)
        }
        let raw = Data(try #require(Base64URL.decode(bench.key.publicKey.x.utf8)))
        let kids: [JSONValue] = [
            .string(stranger.kid), "../../", "' OR 1=1 --", .string(String(repeating: "k", count: 2000)), 7, .null,
        ]
        let jwk: JSONValue = ["kty": "OKP", "crv": "Ed25519", "x": .string(stranger.publicKey.x)]
        let names = ["iss", "aud", "sub", "exp", "iat", "jti", "client_id"]
        return [
            "alg": try ["none", "None", "nOnE"].map(unsigned)
                + ["HS256", "ES256", "RS256"].map { try forger.token(header: ["alg": $0]) },
            "public key as a password": [try macs(raw), try macs(Data(bench.key.publicKey.x.utf8))],
            "kid": try kids.map { try forger.token(header: ["kid": $0]) },
            "header brings a key": [
                try forger.token(header: ["jwk": jwk]), try forger.token(header: ["jku": .string(sink)]),
                try forger.token(header: ["x5u": .string(sink)]), try forger.token(header: ["crit": ["exp"]]),
            ],
            "typ": try ["JWT", "rt+jwt", ""].map { try forger.token(header: ["typ": $0]) },
            "claims are missing": try names.map { try forger.token(claims: [$0: nil]) },
            "claims are wrong": try ["iss", "aud"].map { try forger.token(claims: [$0: "other"]) },
            "times": [
                try forger.token(claims: ["exp": "1800000300"]), try forger.token(claims: ["exp": .integer(-1)]),
                try forger.token(claims: ["exp": .number(1e300)]),
                try forger.token(claims: ["nbf": .integer(now + 31)]),
            ],
            "claims stand twice": [
                try forger.sign(JSONValue.object(forger.header).json(), forger.claims(adding: #","sub":"root""#))
            ],
            "signature": signature.indices.map { index in
                var flipped = signature
                flipped[index] ^= 1
                return head + Base64URL.encode(flipped)
            } + [head, head + Base64URL.encode([UInt8](repeating: 0, count: 64))],
            "form": [
                parts[0] + "." + parts[1], good + ".AAAA", good + "=", "a.b.c", "x",
                good + String(repeating: "A", count: 10_000),
            ],
        ]
    }

    @Test(
        "is a 401 with the same body over HTTP and ZeroMQ, whatever is wrong with it, and no address in it is visited")
    func forged() async throws {
        let sink = try Sink()
        try await Fronts.open { fronts in
            #expect(await fronts.bodies(try fronts.bench.token()) == ["accepted", "accepted"])
            let body = String(decoding: ForgedTokenTests.refusal.json(traceID: ""), as: UTF8.self)
            #expect(body.contains(#""status":401"#) && body.contains("token_invalid"))
            for (fault, tokens) in try Self.forged(fronts.bench, sink: sink.url) {
                for token in tokens {
                    #expect(await fronts.bodies(token) == [body, body], "\(fault): \(token.prefix(200))")
                }
            }
        }
        #expect(!sink.wasVisited)
    }

    @Test("is a 401 with the same body where it was good once: expired, revoked, or of a key that is over")
    func goodOnce() async throws {
        try await Fronts.open { fronts in
            let bench = fronts.bench
            let (expired, revoked) = (try bench.token(), try bench.revocable())
            bench.clock.advance(300 + 30)
            let late = await fronts.bodies(expired)
            #expect(late[0] == late[1] && late[0].contains("token_expired") && late[0].contains(#""status":401"#))
            #expect(bench.verifier.apply(bench.source.revoke(revoked.revoked)))
            let old = try bench.token()
            #expect(await fronts.bodies(old) == ["accepted", "accepted"])
            #expect(bench.verifier.apply(bench.source.reply(with: SigningKey())))
            let body = String(decoding: ForgedTokenTests.refusal.json(traceID: ""), as: UTF8.self)
            for token in [revoked.token, old] { #expect(await fronts.bodies(token) == [body, body]) }
        }
    }

    /// The status is that of the wire: over HTTP RFC 6585 has one for header fields, over S1 each size is a 413.
    @Test("is refused over each wire if the head is too large for it, at once, and the next call is answered")
    func tooLarge() async throws {
        try await Fronts.open { fronts in
            let good = try fronts.bench.token()
            for length in [17_000, 60_000] {
                let bodies = await fronts.bodies(good + String(repeating: "A", count: length))
                #expect(bodies[0].contains(#""code":"header_fields_too_large""#), "\(bodies)")
                #expect(bodies[1].contains(#""code":"too_large""#), "\(bodies)")
                #expect(await fronts.bodies(good) == ["accepted", "accepted"])
            }
            let start = ContinuousClock.now
            for body in await fronts.bodies(good + String(repeating: "A", count: 1 << 20)) {
                #expect(body.contains(#""status":4"#), "\(body)")
            }
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(await fronts.bodies(good) == ["accepted", "accepted"])
        }
    }

    @Test("and a thousand of them with random key names cause at most one fetch")
    func randomNames() async throws {
        try await Fronts.open { fronts in
            let forger = Forger(fronts.bench)
            fronts.bench.clock.advance(10)
            let before = fronts.bench.source.count
            let answers = await withTaskGroup(of: [String].self) { group in
                for _ in 0..<500 {
                    group.addTask {
                        let kid = JSONValue.string(String(UInt64.random(in: .min ... .max)))
                        return await fronts.bodies((try? forger.token(header: ["kid": kid])) ?? "")
                    }
                }
                return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
            }
            #expect(answers.count == 1 && answers.first?.contains("token_invalid") == true, "\(answers)")
            #expect(fronts.bench.source.count <= before + 1)
        }
    }
}

/// A place to connect to, which knows whether anybody did.
private final class Sink {
    private let descriptor: Int32
    let url: String

    init() throws {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(made, $0, size) == 0 && listen(made, 8) == 0 && getsockname(made, $0, &size) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileNoSuchFile) }
        descriptor = made
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/jwks"
    }

    deinit { close(descriptor) }

    var wasVisited: Bool { accept(descriptor, nil, nil) >= 0 }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
