import Foundation
import RPC
import Synchronization
import Testing
import ZMTP
import ZeroMQ

@testable import ZeroMQTransport

@Suite("News over ZeroMQ", .timeLimit(.minutes(1)))
struct NewsTests {
    /// A publisher, and listeners that tell what they hear.
    struct Station {
        let thread: SocketThread
        let publisher: ZeroMQPublisher
        let address: Address
        let folder: URL

        static func open(_ test: (Station) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
            let thread = try SocketThread(name: "news")
            let address = try Address("ipc://\(folder.path)/news")
            let station = Station(
                thread: thread,
                publisher: ZeroMQPublisher(on: thread, context: try context.get(), addresses: [address]),
                address: address, folder: folder)
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
            try? FileManager.default.removeItem(at: folder)
        }

        /// Lets the publisher begin, with a first bulletin that somebody has heard.
        func begin(_ test: (Ear) async throws -> Void) async throws {
            _ = try await publisher.start()
            try await listen { ear in
                await publisher.publish(NewsTests.bulletin(1))
                _ = await ear.next()
                try await test(ear)
            }
        }

        func listen(
            to topic: String = "auth.changes", _ test: (Ear) async throws -> Void
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

    /// What was heard, in order.
    final class Ear: Sendable {
        private let bulletins: AsyncStream<Bulletin>
        private let continuation: AsyncStream<Bulletin>.Continuation

        init() { (bulletins, continuation) = AsyncStream.makeStream() }

        func heard(_ bulletin: Bulletin) { continuation.yield(bulletin) }

        /// Ends the news: whoever waits hears nothing more.
        func cover() { continuation.finish() }

        func next() async -> Bulletin? {
            for await bulletin in bulletins { return bulletin }
            return nil
        }

        /// The next one of that series.
        func next(of series: String) async -> Bulletin? {
            while let bulletin = await next() {
                if bulletin.edition.series == series { return bulletin }
            }
            return nil
        }

        /// The next one with something to say.
        func news() async -> Bulletin? {
            while let bulletin = await next() {
                if !bulletin.body.isEmpty { return bulletin }
            }
            return nil
        }
    }

    static func bulletin(_ number: Int, topic: String = "auth.changes", _ body: String = "{}") -> Bulletin {
        Bulletin(topic: topic, edition: Edition(series: "a", number: number), body: Data(body.utf8))
    }

    @Test("reaches whoever listens, in order, and whoever comes late hears the number within a beat")
    func order() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            await station.publisher.publish(Self.bulletin(1))
            try await station.listen { bulletins in
                // The first sign of life tells that the connection stands.
                let sign = await bulletins.next()
                #expect(sign == Self.bulletin(1, ""))
                for number in 2...200 { await station.publisher.publish(Self.bulletin(number)) }
                for number in 2...200 { #expect(await bulletins.news() == Self.bulletin(number)) }
            }
        }
    }

    @Test("is heard by those who listen to its topic, and not by those of a topic that only begins so")
    func topics() async throws {
        try await Station.open { station in
            _ = try await station.publisher.start()
            try await station.listen(to: "auth.change") { short in
                try await station.listen { bulletins in
                    await station.publisher.publish(Self.bulletin(1))
                    _ = await bulletins.next()
                    await station.publisher.publish(Self.bulletin(2))
                    #expect(await bulletins.news()?.edition.number == 2)
                    await station.publisher.publish(Self.bulletin(3, topic: "auth.change"))
                    #expect(await short.news()?.edition.number == 3)
                }
            }
        }
    }

    @Test("is heard again after the publisher has gone and come back, at the same address")
    func restart() async throws {
        try await Station.open { station in
            try await station.listen { bulletins in
                _ = try await station.publisher.start()
                await station.publisher.publish(Self.bulletin(1))
                _ = await bulletins.next()
                await station.publisher.stop()
                let next = ZeroMQPublisher(
                    on: station.thread, context: try context.get(), addresses: [station.address])
                _ = try await next.start()
                await next.publish(
                    Bulletin(topic: "auth.changes", edition: Edition(series: "b", number: 1), body: Data("{}".utf8)))
                #expect(await bulletins.next(of: "b") != nil)
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
            await station.publisher.publish(Self.bulletin(1))
            while try await slow.drain() == 0 {}
            let long = String(repeating: "x", count: 10_000)
            for number in 2...20_000 { await station.publisher.publish(Self.bulletin(number, long)) }
            let count = try await slow.drain()
            #expect(count > 0 && count < 19_999)
            await slow.close()
            try await station.listen { bulletins in
                #expect(await bulletins.next()?.edition.number == 20_000)
            }
        }
    }

    /// Who listens at an encrypted publisher, and must not hear anything.
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
                to: "auth.changes", at: address, on: thread, context: context, security: security
            ) { ear.heard($0) }
            try await listener.start()
            return listener
        }
        let (deaf, honest) = (Ear(), Ear())
        // The stranger is there first.
        let outside = try await listen(deaf, stranger.security(server.publicKey, known: known))
        let inside = try await listen(honest, .curveClient(known, serverKey: server.publicKey))
        await publisher.publish(Self.bulletin(1))
        _ = await honest.next()
        for number in 2...20 {
            await publisher.publish(Self.bulletin(number))
            #expect(await honest.news()?.edition.number == number)
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
        let written = OutboundBulletin(bulletin: Self.bulletin(42)).frames
        #expect(written == ["auth.changes", "N1\nseries: a\nnumber: 42\n", "{}"].map { Array($0.utf8) })
        var message = Multipart()
        for frame in written { message.append(frame) }
        #expect(Self.read(message) == Self.bulletin(42))
        for frames in [
            ["auth.changes"], ["auth.changes", "N1\nseries: a\nnumber: 42\n"],
            ["auth.changes", "N2\nseries: a\nnumber: 42\n", ""], ["auth.changes", "N1\nnumber: 42\n", ""],
            ["auth.changes", "N1\nseries: a\nnumber: x\n", ""], ["auth.changes", "\u{0}", ""],
            ["auth.changes", "N1\nseries: a\nnumber: 42\n", "", ""],
        ] {
            message.removeAll()
            for frame in frames { message.append(frame) }
            #expect(Self.read(message) == nil)
        }
    }

    private static func read(_ message: borrowing Multipart) -> Bulletin? {
        var frames = Frames()
        message.lend(to: &frames)
        return Bulletin(frames)
    }
}

/// A SUB socket that reads when it is told to.
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

    /// - Returns: how many bulletins there were.
    func drain() throws -> Int {
        var message = Multipart()
        var count = 0
        while try socket?.receive(into: &message) == true { count += 1 }
        return count
    }

    func close() { socket?.close() }
}
