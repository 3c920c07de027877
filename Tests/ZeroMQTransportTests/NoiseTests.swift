import Endpoints
import Foundation
import Noise
import RPC
import Testing
import ZMTP
import ZeroMQ

@testable import ZeroMQTransport

/// Whole messages that no client of ours would send, from seeds.
@Suite("A message from outside", .timeLimit(.minutes(1)))
struct NoiseTests {
    @Test(
        "is answered behind an envelope of any depth: 400 if it has too many frames, or dropped if its id is not read",
        arguments: ["ipc", "tcp", "curve"])
    func envelopes(scheme: String) async throws {
        try await FrontRig.open(at: scheme) { site in
            let peer = try await site.peer()
            for depth in 0...40 {
                let envelope = (0..<depth).map { [UInt8(depth), UInt8($0)] } + [[]]
                try await peer.send(envelope + Message(.request, id: UInt64(depth), "auth.smoke").frames)
                let count = envelope.count + 3
                guard envelope.count < Frames.limit else { continue }
                let reply = await peer.next()
                try #require(reply.count == count)
                #expect(Array(reply.prefix(envelope.count)) == envelope)
                let message = Message(Array(reply.suffix(3)))
                #expect(message?.id == UInt64(depth))
                #expect(message?.status == (count <= Frames.limit ? "200" : "400"))
            }
            try await peer.send(Message(.ping, id: 99).frames)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 99))
            #expect(await site.front.counters == TransportStatistics(dropped: 30, refused: 2))
        }
    }

    @Test("is not echoed with an envelope of frames that no routing id could be")
    func largeEnvelope() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for size in [255, 256] {
                let envelope = [[UInt8](repeating: 7, count: size), []]
                try await peer.send(envelope + Message(.ping, id: 1).frames)
            }
            #expect(Message(Array(await peer.next().dropFirst(2)))?.preamble == Preamble(.pong, id: 1))
            try await peer.send(Message(.ping, id: 2).frames)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 2))
            #expect(await site.front.counters == TransportStatistics(dropped: 1))
        }
    }

    @Test("ends no front, whatever it is", arguments: ["ipc", "tcp", "curve"], [1, 2, 3] as [UInt64])
    func front(scheme: String, seed: UInt64) async throws {
        var noise = Noise(seed: seed)
        try await FrontRig.open(at: scheme) { site in
            let peer = try await site.peer()
            for _ in 0..<400 { try await peer.send(noise.message()) }
            let end = Preamble(.pong, id: .max)
            try await peer.send(Message(.ping, id: .max).frames)
            #expect(await peer.skip(to: end))
        }
    }

    @Test("ends no caller, whatever a server says", arguments: ["ipc", "tcp"], [1, 2, 3] as [UInt64])
    func caller(scheme: String, seed: UInt64) async throws {
        var noise = Noise(seed: seed)
        try await Office.open(at: scheme) { office in
            let first = office.call()
            _ = await office.received()
            for _ in 0..<400 { try await office.send(noise.message()) }
            try await office.restart()
            _ = await first.value
            let hello = try #require(await office.received())
            #expect(hello.preamble?.kind == .hello)
            let second = office.call()
            try await office.reply(to: try #require(await office.received()), "200")
            #expect(await second.value.status == 200)
        }
    }

    @Test("ends no subscription, whatever a publisher says", arguments: [1, 2, 3] as [UInt64])
    func subscription(seed: UInt64) async throws {
        var noise = Noise(seed: seed)
        try await PubSubTests.Station.open { station in
            try await station.listen { ear in
                let peer = try LibzmqPeer(.pub, in: context.get())
                try await peer.bind(to: station.address)
                let good = ["auth.trust_updates", "E1\nepoch: good\nsequence: 1\n", "{}"].map { Array($0.utf8) }
                let messages = (0..<400).map { _ in [good[0]] + noise.message().dropFirst() }
                let speak = { @Sendable (_: Int) in
                    for message in messages { try await peer.send(message) }
                    try await peer.send(good)
                }
                try await ear.listen(while: speak) {
                    for _ in 1...4 { #expect(await ear.next(of: "good")?.position.sequence == 1) }
                }
                await peer.close()
            }
        }
    }
}

extension Noise {
    /// An envelope of 0 to 40 frames, or none, and 0 to 4 frames behind it: at least one frame together.
    fileprivate mutating func message() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        if chance(2) {
            let sizes = [0, 1, 4, 5, 15, 16, 17, 255, 256, 300]
            let depth = Int.random(in: 0...40, using: &self)
            frames = (0..<depth).map { _ in bytes(pick(chance(4) ? sizes : [5])) }
            if !chance(8) { frames.append([]) }
        }
        let proper = [preamble(), head(), pick([[], Array("{}".utf8), bytes(40)])] + [bytes(3)]
        frames += proper.prefix(chance(3) ? Int.random(in: 0...4, using: &self) : 3)
        return frames.isEmpty ? [[]] : frames
    }

    private mutating func preamble() -> [UInt8] {
        guard let kind = Preamble.MessageKind.allCases.randomElement(using: &self), !chance(8) else {
            return bytes(pick([0, 1, 15, 16, 17]))
        }
        let flags = Preamble.Flags(rawValue: pick([0, 1, 2, 3, 0x80, 0xFF]))
        var frame = Preamble(kind, id: UInt64(pick(0...9)), flags: flags, time: pick([0, 1, 1000, .max])).bytes
        if chance(8) { frame[pick(0...3)] = UInt8(truncatingIfNeeded: next()) }
        return frame
    }

    private mutating func head() -> [UInt8] {
        let heads = [
            "auth.smoke\n", "auth.count", "", "\n", "200\n", "999999999999999999999\n", "auth.smoke\nx-token: \n",
            "auth.smoke\ntraceparent: 00-\n", "E1\nepoch: a\nsequence: 9223372036854775807\n", "E1\nsequence: -1\n",
            "200\nserver-timing: a;dur=99999999999999999999, b;dur=.\n", "\nserver-instance: \n", "\ncontract: 0\n",
            String(repeating: "a: b\n", count: 40), String(repeating: "x", count: 17_000), "auth.smoke\n:\n",
        ]
        return chance(4) ? bytes(pick(0...300)) : Array(pick(heads).utf8)
    }

    /// True once in so many times.
    private mutating func chance(_ times: UInt64) -> Bool { next() % times == 0 }

    private mutating func pick<Choices: RandomAccessCollection>(_ choices: Choices) -> Choices.Element {
        choices[choices.index(choices.startIndex, offsetBy: Int(next() % UInt64(choices.count)))]
    }
}
