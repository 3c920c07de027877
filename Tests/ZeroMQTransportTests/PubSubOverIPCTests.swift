import Foundation
import Glibc
import RPC
import Testing
import ZeroMQ

@testable import ZeroMQTransport

@Suite("News over ipc", .timeLimit(.minutes(1)))
struct PubSubOverIPCTests {
    typealias Station = PubSubTests.Station

    @Test("is heard by a SUB of libzmq, which says by commands what it wants, as often as it connects")
    func libzmqListens() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            await station.publisher.publish(PubSubTests.event(1))
            for round in 2...3 {
                let peer = try LibzmqPeer(.sub, in: context.get())
                try await peer.connect(to: station.address)
                try await peer.subscribe(to: "auth.")
                // The first heartbeat shows that the connection stands.
                let head = "E1\nepoch: a\nsequence: \(round - 1)\n"
                #expect(await peer.next() == ["auth.trust_updates", head, ""].map { Array($0.utf8) })
                await station.publisher.publish(PubSubTests.event(0, topic: "weather"))
                await station.publisher.publish(PubSubTests.event(round))
                var heard = await peer.next()
                while heard.last == [] { heard = await peer.next() }
                #expect(
                    heard == ["auth.trust_updates", "E1\nepoch: a\nsequence: \(round)\n", "{}"].map { Array($0.utf8) })
                await peer.close()
            }
        }
    }

    @Test("is heard of a PUB of libzmq, also after that has gone and come back")
    func libzmqSpeaks() async throws {
        try await Station.open { station in
            try await station.listen { ear in
                for series in ["a", "b"] {
                    let peer = try LibzmqPeer(.pub, in: context.get())
                    try await peer.bind(to: station.address)
                    let speak = { @Sendable (number: Int) in
                        let head = "E1\nepoch: \(series)\nsequence: \(number)\n"
                        for topic in ["weather", "auth.trust_updates"] {
                            try await peer.send([topic, head, "{}"].map { Array($0.utf8) })
                        }
                    }
                    try await ear.listen(while: speak) {
                        let event = await ear.next(of: series)
                        #expect(event?.topic == "auth.trust_updates" && event?.body == Data("{}".utf8))
                        let first = event?.position.sequence ?? 0
                        #expect(await ear.next()?.position.sequence ?? 0 > first)
                    }
                    await peer.close()
                }
            }
        }
    }

    @Test(
        "is none of the business of a peer that is no SUB, that sends rubbish or wants too much; others still hear",
        arguments: UnixPeer.unwelcome)
    func receivedGoAway(bytes: [UInt8]) async throws {
        try await Station.open { station in
            try await station.begin { ear in
                let visitor = try UnixPeer()
                try visitor.connect(to: station.address)
                visitor.write(bytes)
                #expect(await visitor.heard { _ in false } == .end)
                await station.publisher.publish(PubSubTests.event(2))
                #expect(await ear.news()?.position.sequence == 2)
            }
        }
    }

    @Test("that somebody does not read is missed by nobody else, and by that one only up to the next heartbeat")
    func deaf() async throws {
        try await Station.open { station in
            try await station.begin { ear in
                let deaf = try UnixPeer()
                try deaf.listen(at: station.address)
                #expect(await deaf.heard { $0.firstRange(of: Array("sequence: 1\n".utf8)) != nil } == .wanted)
                let long = String(repeating: "x", count: 100_000)
                for number in 2...200 {
                    await station.publisher.publish(PubSubTests.event(number, long))
                    #expect(await ear.news()?.position.sequence == number)
                }
                let last = Array("sequence: 200\n".utf8)
                #expect(await deaf.heard { $0.suffix(100).firstRange(of: last) != nil } == .wanted)
                #expect(deaf.bytes.count < 4_000_000)
            }
        }
    }

    @Test("that was published last leaves while the publisher stops")
    func lastWords() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            await station.publisher.publish(PubSubTests.event(1))
            let visitor = try UnixPeer()
            try visitor.listen(at: station.address)
            #expect(await visitor.heard { $0.firstRange(of: Array("sequence: 1\n".utf8)) != nil } == .wanted)
            // More than the system takes at once.
            let body = String(repeating: "x", count: 1_000_000)
            await station.publisher.publish(PubSubTests.event(2, body))
            async let end: Void = station.publisher.stop()
            #expect(await visitor.heard { _ in false } == .end)
            #expect(visitor.bytes.suffix(body.utf8.count).elementsEqual(body.utf8))
            await end
        }
    }

    @Test("goes on in a process without a free descriptor, and is heard by who connected then as soon as there is one")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) {
            try await Station.open { station in
                try await station.begin { ear in
                    let visitor = try UnixPeer()
                    let descriptors = openAllDescriptors()
                    try visitor.listen(at: station.address)
                    // In each of these turns the thread looks whether somebody wants to be let in.
                    for number in 2...20 {
                        await station.publisher.publish(PubSubTests.event(number))
                        #expect(await ear.news()?.position.sequence == number)
                    }
                    for descriptor in descriptors { close(descriptor) }
                    let news = Array("sequence: 20\n".utf8)
                    #expect(await visitor.heard { $0.firstRange(of: news) != nil } == .wanted)
                }
            }
        }
    }
}

/// Leaves the process without one that is free.
private func openAllDescriptors() -> [Int32] {
    var limit = rlimit(rlim_cur: 256, rlim_max: 256)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Array(sequence(first: open("/dev/null", O_RDONLY)) { _ in open("/dev/null", O_RDONLY) }.prefix { $0 >= 0 })
}
