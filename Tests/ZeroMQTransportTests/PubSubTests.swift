import EventLoop
import Foundation
import RPC
import Synchronization
import TemporaryFiles
import Testing
import Waiting
import ZMTP
import ZeroMQ

@testable import ZeroMQTransport

@Suite("News over ZeroMQ", .timeLimit(.minutes(1)))
struct PubSubTests {
    /// A publisher, and listeners that report what they receive.
    struct Station {
        let thread: SocketThread
        let publisher: ZeroMQPublisher
        let address: Address
        let directory: TemporaryDirectory

        static func open(_ test: (Station) async throws -> Void) async throws {
            let directory = TemporaryDirectory()
            let thread = try SocketThread(name: "news")
            let address = try Address("ipc://\(directory.path(of: "news"))")
            let station = Station(
                thread: thread,
                publisher: ZeroMQPublisher(on: thread, context: try context.get(), addresses: [address]),
                address: address, directory: directory)
            do {
                try await test(station)
            } catch {
                await station.close()
                throw error
            }
            await station.close()
        }

        private func close() async {
            await publisher.stop()
            await thread.shutdown()
        }

        /// Lets the publisher begin, with a first event that somebody has heard.
        func begin(_ test: (Ear) async throws -> Void) async throws {
            _ = try await publisher.start()
            try await listen { ear in
                await publisher.publish(PubSubTests.event(1))
                _ = await ear.next()
                try await test(ear)
            }
        }

        func listen(
            to topic: String = "auth.trust_updates", _ test: (Ear) async throws -> Void
        ) async throws {
            let ear = Ear()
            let listener = ZeroMQSubscription(to: topic, at: address, on: thread, context: try context.get()) {
                ear.heard($0)
            }
            try await listener.start()
            try await test(ear)
            await listener.close()
        }
    }

    /// The events that were heard, in order.
    final class Ear: Sendable {
        private let events = Signal<Event>()

        func heard(_ event: Event) { events.send(event) }

        /// Ends the news: whoever waits hears nothing more.
        func cover() { events.finish() }

        func next() async -> Event? { await events.next() }

        /// Runs a test while somebody speaks again and again, because what is sent before a connection stands is lost.
        ///
        /// - Parameter speak: gets the number of the attempt, from 1. If the test is not over in time, it hears no more.
        func listen(
            while speak: @escaping @Sendable (_ number: Int) async throws -> Void, _ test: () async throws -> Void
        ) async throws {
            let speaker = Task {
                var number = 0
                do {
                    try await eventually("the test has heard enough") {
                        number += 1
                        try await speak(number)
                        return false
                    }
                } catch is CancellationError {
                } catch {
                    Issue.record(error)
                    cover()
                }
            }
            defer { speaker.cancel() }
            try await test()
            speaker.cancel()
            await speaker.value
        }

        /// The next one of that series.
        func next(of series: String) async -> Event? {
            while let event = await next() {
                if event.position.epoch == series { return event }
            }
            return nil
        }

        /// The next one with something to say.
        func news() async -> Event? {
            while let event = await next() {
                if !event.body.isEmpty { return event }
            }
            return nil
        }
    }

    static func event(_ number: Int, topic: String = "auth.trust_updates", _ body: String = "{}") -> Event {
        Event(topic: topic, position: StreamPosition(epoch: "a", sequence: number), body: Data(body.utf8))
    }

    @Test("reaches whoever listens, in order, and whoever comes late hears the number within a beat")
    func order() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            await station.publisher.publish(Self.event(1))
            try await station.listen { events in
                // The first heartbeat shows that the connection stands.
                let sign = await events.next()
                #expect(sign == Self.event(1, ""))
                for number in 2...200 { await station.publisher.publish(Self.event(number)) }
                for number in 2...200 { #expect(await events.news() == Self.event(number)) }
            }
        }
    }

    @Test("is heard by those who listen to its topic, and not by those of a topic that only begins so")
    func topics() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            try await station.listen(to: "auth.change") { short in
                try await station.listen { events in
                    await station.publisher.publish(Self.event(1))
                    _ = await events.next()
                    await station.publisher.publish(Self.event(2))
                    #expect(await events.news()?.position.sequence == 2)
                    await station.publisher.publish(Self.event(3, topic: "auth.change"))
                    #expect(await short.news()?.position.sequence == 3)
                }
            }
        }
    }

    @Test("is heard again after the publisher has gone and come back, at the same address")
    func restart() async throws {
        try await Station.open { station in
            try await station.listen { events in
                _ = try await station.publisher.start()
                await station.publisher.publish(Self.event(1))
                _ = await events.next()
                await station.publisher.stop()
                let next = ZeroMQPublisher(
                    on: station.thread, context: try context.get(), addresses: [station.address])
                _ = try await next.start()
                await next.publish(
                    Event(
                        topic: "auth.trust_updates", position: StreamPosition(epoch: "b", sequence: 1),
                        body: Data("{}".utf8)))
                #expect(await events.next(of: "b") != nil)
                await next.stop()
            }
        }
    }

    @Test("a listener that does not read costs the publisher nothing, and knows by the number that it missed some")
    func slowListener() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            let slow = Deaf(on: station.thread)
            try await slow.listen(at: station.address)
            await station.publisher.publish(Self.event(1))
            try await eventually("the slow one is connected") { try await slow.drain() > 0 }
            let long = String(repeating: "x", count: 10_000)
            for number in 2...20_000 { await station.publisher.publish(Self.event(number, long)) }
            let count = try await slow.drain()
            #expect(count > 0 && count < 19_999)
            await slow.close()
            try await station.listen { events in
                #expect(await events.next()?.position.sequence == 20_000)
            }
        }
    }

    /// A subscriber of an encrypted publisher that must not hear anything.
    enum Stranger: CaseIterable {
        case withoutKey, withUnknownKey, withWrongServerKey

        func security(_ server: CurvePublicKey, known: CurveKeyPair) throws -> SocketOptions.Security {
            switch self {
            case .withoutKey: .none
            case .withUnknownKey: .curveClient(try .generate(), serverKey: server)
            case .withWrongServerKey: .curveClient(known, serverKey: try CurveKeyPair.generate().publicKey)
            }
        }
    }

    @Test("over tcp is heard with the right keys only", arguments: Stranger.allCases)
    func keys(_ stranger: Stranger) async throws {
        let (server, known) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let (context, thread) = (try Context(), try SocketThread(name: "news"))
        var allowed = AllowList()
        allowed.allow(known.publicKey, as: "resource", in: "star")
        context.admit(allowed)
        let publisher = ZeroMQPublisher(
            on: thread, context: context, addresses: [try Address("tcp://127.0.0.1:*")],
            security: .curveServer(server.secretKey, zapDomain: "star"))
        let address = try Address(try await publisher.start()[0])
        func listen(_ ear: Ear, _ security: SocketOptions.Security) async throws -> ZeroMQSubscription {
            let listener = ZeroMQSubscription(
                to: "auth.trust_updates", at: address, on: thread, context: context, security: security
            ) { ear.heard($0) }
            try await listener.start()
            return listener
        }
        let (deaf, honest) = (Ear(), Ear())
        // The stranger is there first.
        let outside = try await listen(deaf, stranger.security(server.publicKey, known: known))
        let inside = try await listen(honest, .curveClient(known, serverKey: server.publicKey))
        await publisher.publish(Self.event(1))
        _ = await honest.next()
        for number in 2...20 {
            await publisher.publish(Self.event(number))
            #expect(await honest.news()?.position.sequence == number)
        }
        deaf.cover()
        #expect(await deaf.next() == nil)
        for listener in [outside, inside] { await listener.close() }
        await publisher.stop()
        await thread.shutdown()
        context.terminate()
    }

    @Test("is three frames: topic, head, body; anything else is passed over")
    func frames() throws {
        let written = OutboundEvent(event: Self.event(42)).frames
        #expect(written == ["auth.trust_updates", "E1\nepoch: a\nsequence: 42\n", "{}"].map { Array($0.utf8) })
        var message = Multipart()
        for frame in written { message.append(frame) }
        #expect(Self.read(message) == Self.event(42))
        for frames in [
            ["auth.trust_updates"], ["auth.trust_updates", "E1\nepoch: a\nsequence: 42\n"],
            ["auth.trust_updates", "E2\nepoch: a\nsequence: 42\n", ""],
            ["auth.trust_updates", "E1\nsequence: 42\n", ""],
            ["auth.trust_updates", "E1\nepoch: a\nsequence: x\n", ""], ["auth.trust_updates", "\u{0}", ""],
            ["auth.trust_updates", "E1\nepoch: a\nsequence: 42\n", "", ""],
        ] {
            message.removeAll()
            for frame in frames { message.append(frame) }
            #expect(Self.read(message) == nil)
        }
    }

    private static func read(_ message: borrowing Multipart) -> Event? {
        var frames = Frames()
        message.borrow(to: &frames)
        return Event(frames)
    }
}

/// A SUB socket that reads on command.
private actor Deaf: ThreadBound {
    nonisolated let thread: SocketThread
    private var socket: Socket?

    init(on thread: SocketThread) { self.thread = thread }

    func listen(at address: Address) throws {
        let socket = try Socket(.sub, in: context.get(), options: .client)
        try socket.subscribe()
        try socket.connect(address)
        self.socket = socket
    }

    /// - Returns: how many events there were.
    func drain() throws -> Int {
        var message = Multipart()
        var count = 0
        while try socket?.receive(into: &message) == true { count += 1 }
        return count
    }

    func close() { socket?.close() }
}
