import RPC
import RPCTesting
import RawZMTP
import Testing
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A request that has waited", .timeLimit(.minutes(1)))
struct WaitingTests {
    /// This machine's clock as it was some milliseconds ago.
    private static func ago(_ milliseconds: Int64) throws -> String {
        "\(SendClock.milliseconds - milliseconds) \(try #require(SendClock.machine))"
    }

    @Test("is not begun if its time was over before it was read")
    func late() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 1, "auth.count", time: 1000, sent: Self.ago(1500)).frames)
            let reply = try #require(Message(await peer.next()))
            #expect(reply.status == "504" && reply.head?[.processed] == "no")
            try await peer.send(Message(.request, id: 2, "auth.count", time: 60_000, sent: Self.ago(1500)).frames)
            #expect(Message(await peer.next())?.status == "200")
            #expect(await site.service.runs == 1)
        }
    }

    @Test("on its way, and not for the service, is begun however much of its time is left")
    func slowNetwork() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for id in 1...20 as ClosedRange<UInt64> {
                // So the service has nothing to do for a while.
                try await Task.sleep(for: .milliseconds(20))
                let message = try Message(.request, id: id, "auth.count", time: 20_000, sent: Self.ago(12_000))
                try await peer.send(message.frames)
                #expect(Message(await peer.next())?.status == "200")
            }
        }
    }

    @Test("by a clock of its sender's own is measured by what came before, the HELLO first")
    func foreignClock() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            let now = SendClock.milliseconds
            try await peer.send(Message(.hello, id: 0, sent: "\(now + 123_456) elsewhere").frames)
            #expect(Message(await peer.next())?.preamble?.kind == .hello)
            for (id, age, status) in [(1, 0, "200"), (2, 1500, "504"), (3, 0, "200")] as [(UInt64, Int64, String)] {
                let sent = "\(SendClock.milliseconds + 123_456 - age) elsewhere"
                try await peer.send(Message(.request, id: id, "auth.count", time: 1000, sent: sent).frames)
                #expect(Message(await peer.next())?.status == status)
            }
            #expect(await site.service.runs == 2)
        }
    }

    /// A peer without libzmq: what it has sent is in the kernel, and what it has closed is closed there.
    private static func visitor(of site: FrontRig) async throws -> UnixPeer {
        let visitor = try UnixPeer()
        try visitor.connect(to: site.address)
        visitor.write(openingBytes(of: "DEALER"))
        visitor.write(Message(.ping, id: 9))
        try #require(await visitor.heard { $0.contains(Preamble(.pong, id: 9).bytes) } == .wanted)
        return visitor
    }

    @Test("is not begun if its cancellation waits behind it", arguments: [nil, 500 as Int64])
    func cancelled(age: Int64?) async throws {
        try await FrontRig.open { site in
            let (visitor, blocker) = (try await Self.visitor(of: site), try await site.peer())
            try await blocker.send(Message(.request, id: 1, "auth.block").frames)
            #expect(await site.service.next() == .blocked)
            let sent = try age.map(Self.ago)
            for id in 1...100 as ClosedRange<UInt64> {
                visitor.write(Message(.request, id: id, "auth.count", sent: sent))
            }
            for id in 1...99 as ClosedRange<UInt64> { visitor.write(Message(.cancel, id: id)) }
            site.service.release()
            try await eventually { site.journal.all.count == 101 }
            #expect(site.journal.all.filter { $0.status == 499 }.count == 99)
            #expect(await site.service.runs == 1)
        }
    }

    @Test("is not begun if its peer has gone")
    func gone() async throws {
        try await FrontRig.open { site in
            let (visitor, blocker) = (try await Self.visitor(of: site), try await site.peer())
            try await blocker.send(Message(.request, id: 1, "auth.block").frames)
            #expect(await site.service.next() == .blocked)
            for id in 1...10 as ClosedRange<UInt64> {
                visitor.write(try Message(.request, id: id, "auth.count", sent: Self.ago(500)))
            }
            visitor.leave()
            site.service.release()
            #expect(Message(await blocker.next())?.status == "200")
            try await eventually { site.journal.all.count == 11 }
            #expect(site.journal.all.filter { $0.status == 499 }.count == 10)
            #expect(await site.service.runs == 0)
        }
    }
}

@Suite("The time that a message was under way")
struct TransitTimeTests {
    private static func sent(_ milliseconds: Int64, _ clock: String = "x") throws -> SendTime {
        try #require(sendTime("\(milliseconds) \(clock)"))
    }

    @Test("is what exceeds the shortest one that was seen")
    func base() throws {
        var transit = TransitTime()
        #expect(transit.age(of: try Self.sent(5000), at: 1000) == 0)
        #expect(transit.age(of: try Self.sent(5010), at: 1110) == 100)
        #expect(transit.age(of: try Self.sent(5020), at: 1010) == 0)
        #expect(transit.age(of: try Self.sent(5020), at: 1030) == 20)
    }

    @Test("grows by no drift of the clocks, in days, and by a stop in seconds")
    func drift() throws {
        var transit = TransitTime()
        #expect(transit.age(of: try Self.sent(0), at: 0) == 0)
        // The sender's clock loses 100 millionths.
        for hour in 1...48 as ClosedRange<Int64> {
            let now = hour * 3_600_000
            #expect(transit.age(of: try Self.sent(now - now / 10_000), at: now) == 0)
        }
        let now: Int64 = 48 * 3_600_000
        #expect(transit.age(of: try Self.sent(now - now / 10_000 + 1), at: now + 8001) >= 7990)
    }

    @Test("is no longer than a call may last, whatever a clock says")
    func bounded() throws {
        var transit = TransitTime()
        let year: Int64 = 31_536_000_000
        #expect(transit.age(of: try Self.sent(year), at: 0) == 0)
        #expect(transit.age(of: try Self.sent(0), at: 0) == 30_000)
        #expect(transit.age(of: try Self.sent(0, try #require(SendClock.machine)), at: year) == 30_000)
    }

    @Test("begins anew with another clock")
    func renamed() throws {
        var transit = TransitTime()
        #expect(transit.age(of: try Self.sent(5000), at: 1000) == 0)
        #expect(transit.age(of: try Self.sent(9, "y"), at: 1001) == 0)
        #expect(transit.age(of: try Self.sent(10, "y"), at: 1009) == 7)
    }

    @Test("needs no beginning by this machine's clock, and does not believe it from the future")
    func machine() throws {
        let machine = try #require(SendClock.machine)
        var transit = TransitTime()
        #expect(transit.age(of: try Self.sent(1000, machine), at: 9000) == 8000)
        #expect(transit.age(of: try Self.sent(10_000, machine), at: 9000) == 0)
        #expect(transit.age(of: try Self.sent(1000, machine), at: 9000) == 8000)
        var clock = SendClock()
        #expect(clock.reading().hasSuffix(" " + machine))
        let sent = try #require(sendTime(clock.reading()))
        #expect(abs(sent.milliseconds - SendClock.milliseconds) < 1000)
    }

    @Test(
        "is unknown by a header of another form",
        arguments: ["", " ", "1", "1 ", " x", "-1 x", "+1 x", "1.5 x", "x 1", "٣ x", "1234567890123456789 x"])
    func malformed(header: String) {
        #expect(sendTime(header) == nil)
    }

    @Test("is unknown to a clock that has lost its name, which no two have in common")
    func rename() {
        var (one, other) = (SendClock(), SendClock())
        one.rename()
        other.rename()
        #expect(one.name != other.name && one.name != SendClock.machine)
        #expect(one.reading().hasSuffix(" " + one.name))
    }
}

/// Reads a value of the header `sent`.
private func sendTime(_ header: String) -> SendTime? { Array(header.utf8).withUnsafeBytes { SendTime($0) } }
