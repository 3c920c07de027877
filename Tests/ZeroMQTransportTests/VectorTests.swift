import Endpoints
import Foundation
import Testing
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A golden message", .timeLimit(.minutes(1)))
struct VectorTests {
    @Test("there is of each kind")
    func kinds() {
        #expect(Set(Vectors.all.vectors.map(\.kind_code)) == Set(Preamble.MessageKind.allCases.map(\.rawValue)))
        #expect(Malformed.sendable.count > 70 && Vectors.all.envelopes.count > 5)
    }

    @Test("is read as what it says", arguments: Vectors.all.vectors)
    func read(vector: Vector) throws {
        let frames = vector.bytes
        try #require(frames.count == 3)
        let preamble = try #require(vector.preamble)
        #expect(frames[0].withUnsafeBytes { Preamble.read($0) } == .preamble(preamble))
        #expect(Data(frames[2]) == vector.body)
        let head = try frames[1].withUnsafeBytes { try Headers($0) }
        #expect(head.line == vector.first_line)
        for name in Headers.HeaderName.allCases {
            #expect(head[name] == vector.fields.first { $0.0 == name }?.1)
        }
        if preamble.kind == .request { #expect(head.namesEndpoint) }
    }

    @Test(
        "is written byte for byte",
        arguments: Vectors.all.vectors.filter { $0.fields.count == $0.headers.count })
    func write(vector: Vector) throws {
        var head = Headers(vector.first_line)
        for (name, value) in vector.fields { head.add(name, value) }
        let outgoing = RPCMessage(try #require(vector.preamble), head, body: try #require(vector.body))
        #expect(outgoing.frames == vector.bytes)
        #expect(outgoing.size == vector.bytes.reduce(0) { $0 + $1.count })
    }

    @Test("that asks is understood by a server, and its id comes back", arguments: requests)
    func request(vector: Vector) async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(vector.bytes)
            let reply = try #require(Message(await peer.next()))
            #expect(reply.preamble?.kind == .reply && String(reply.id) == vector.id)
            #expect(await site.front.counters == TransportStatistics())
        }
    }

    /// None is too large, none is malformed: what the server does not have, its dispatcher says.
    static let requests = Vectors.all.vectors.filter { $0.kind_code == Preamble.MessageKind.request.rawValue }
}

@Suite("A message that breaks the protocol", .timeLimit(.minutes(1)))
struct MalformedTests {
    @Test("is answered or dropped and counted, and the next one works", arguments: Malformed.sendable)
    func malformed(vector: Malformed) async throws {
        var limits = ZeroMQFront.Limits()
        limits.maxBody = Vectors.all.malformed_max_body
        try await FrontRig.open(limits: limits) { site in
            let peer = try await site.peer()
            try await peer.send(vector.bytes)
            if let status = vector.status {
                let frames = await peer.next()
                let envelope = vector.reply_envelope.map(\.hexadecimal)
                #expect(Array(frames.prefix(envelope.count)) == envelope)
                let reply = try #require(Message(Array(frames.dropFirst(envelope.count))))
                #expect(reply.preamble?.kind == .reply)
                #expect(reply.head?.line == String(status) && String(reply.id) == vector.reply_id)
                #expect(reply.head?[.contentType] == "application/problem+json")
                #expect(reply.json?["status"] == .integer(status))
                #expect(reply.json?["trace_id"]?.string?.count == 32)
                #expect(reply.json?["code"]?.string?.isEmpty == false)
            }
            try await peer.send(Message(.ping, id: 12_345).frames)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 12_345))
            #expect(await site.front.counters.dropped == (vector.dropped ? 1 : 0))
            try await peer.send(Message(.request, id: 7, "auth.smoke").frames)
            let reply = try #require(Message(await peer.next()))
            #expect(reply.id == 7 && reply.head?.line == "200")
        }
    }

    @Test("of many frames is refused, and ends nothing")
    func manyFrames() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 8, "auth.smoke").frames + Array(repeating: [1], count: 1000))
            let refusal = try #require(Message(await peer.next()))
            #expect(refusal.id == 8 && refusal.head?.line == "400")
            try await peer.send(Array(repeating: [1], count: 1000))
            try await peer.send(Array(repeating: [], count: 1000))
            try await peer.send(Message(.ping, id: 9).frames)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 9))
            #expect(await site.front.counters == TransportStatistics(dropped: 2, refused: 1))
        }
    }

    @Test("may be any bytes: no peer can stop the service", arguments: 0..<8)
    func noise(seed: UInt64) async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            var random = SplitMix(state: seed)
            for _ in 0..<300 {
                var frames = Message(.request, id: .random(in: 1...9, using: &random), "auth.smoke").frames
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: 0..<frames.count, using: &random)
                    guard !frames[index].isEmpty else { continue }
                    let place = Int.random(in: 0..<frames[index].count, using: &random)
                    frames[index][place] = .random(in: 0...255, using: &random)
                }
                try await peer.send(frames)
            }
            try await peer.send(Message(.ping, id: 1 << 60).frames)
            #expect(await peer.skip(to: Preamble(.pong, id: 1 << 60)))
        }
    }

    @Test("has its envelope echoed", arguments: Vectors.all.envelopes)
    func envelope(vector: Envelope) async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(vector.bytes)
            let frames = await peer.next()
            let envelope = vector.envelope.map(\.hexadecimal)
            #expect(Array(frames.prefix(envelope.count)) == envelope)
            #expect(Message(Array(frames.dropFirst(envelope.count)))?.preamble == Preamble(.pong, id: 7))
        }
    }
}

/// Numbers that are the same each time.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
