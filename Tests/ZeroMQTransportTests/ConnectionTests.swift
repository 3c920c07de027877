import Endpoints
import Foundation
import RPC
import Testing

@testable import ZeroMQTransport

@Suite("What a client knows of its connection", .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("keeps calls until there is a connection, then sends them in order, after a HELLO")
    func connecting() async {
        var desk = Desk()
        for id in [3, 1, 2] as [UInt64] { #expect(await desk.enter(id).isEmpty) }
        #expect(desk.apply { $0.connected() } == [.hello, .send(1), .send(2), .send(3)])
        #expect(desk.connection.state == .up)
        #expect(await desk.enter(4) == [.send(4)])
        desk.end()
    }

    @Test("does not keep calls for long")
    func impatient() async {
        var desk = Desk()
        _ = await desk.enter(1)
        #expect(desk.apply { $0.connectTimedOut() } == [.answer(.unavailable, isUnprocessed: true)])
        #expect(desk.connection.state == .down)
        #expect(await desk.enter(2) == [.answer(.unavailable, isUnprocessed: true)])
        #expect(desk.apply { $0.connected() } == [.hello])
        #expect(desk.apply { $0.connectTimedOut() } == [] && desk.connection.isUp)
        desk.end()
    }

    @Test("gives a reply to whoever waits for it, and to nobody twice")
    func replies() async {
        var desk = await Desk.connected(calls: [1, 2])
        let reply = Reply.success(status: 200, body: Data())
        #expect(desk.apply { $0.receivedReply(2, reply) } == [.answered])
        #expect(desk.apply { $0.receivedReply(2, reply) } == [])
        #expect(desk.apply { $0.receivedReply(77, reply) } == [])
        // The other one still waits.
        #expect(desk.apply { $0.receivedReply(1, reply) } == [.answered])
        desk.end()
    }

    @Test("ends the calls whose time is over by one timer, that of the first of them")
    func expiry() async {
        var desk = Desk()
        for (id, time) in [(1, 4), (2, 2), (3, 3), (4, 2)] { _ = await desk.enter(UInt64(id), for: .seconds(time)) }
        #expect(desk.expiryTimers == [.seconds(4), .seconds(2)])
        let ended = Desk.Deed.answer(.deadlineExceeded, isUnprocessed: true)
        #expect(desk.expire(after: .seconds(2)) == [ended, ended])
        #expect(desk.expiryTimers.last == .seconds(3))
        #expect(desk.expire(after: .seconds(3)) == [ended])
        // That of the first call was set long ago, and is set anew for whoever waits until then.
        #expect(desk.expire(after: .seconds(4)) == [ended] && desk.expire(after: .seconds(4)) == [])
        #expect(desk.expiryTimers == [.seconds(4), .seconds(2), .seconds(3), .seconds(4)])
        _ = await desk.enter(5, for: .seconds(6))
        #expect(desk.expiryTimers.last == .seconds(6))
        desk.end()
    }

    @Test("tells the server of a call that is given up, if it has been sent")
    func abandoned() async {
        var desk = Desk()
        _ = await desk.enter(1)
        #expect(desk.apply { $0.abandon(1, .late) } == [.answer(.deadlineExceeded, isUnprocessed: true)])
        // Before the server has been silent for long, however slow the machine is.
        let soon = ContinuousClock.now
        #expect(desk.apply { $0.connected() } == [.hello])
        _ = await desk.enter(2)
        #expect(desk.apply { $0.abandon(2, .late, at: soon) } == [.answer(.deadlineExceeded), .cancel(2)])
        #expect(desk.apply { $0.abandon(2, .late, at: soon) } == [])
        desk.end()
    }

    @Test("ends the calls in flight when the connection is lost: nobody knows what became of them")
    func lost() async {
        var desk = await Desk.connected(calls: [1, 2])
        #expect(
            desk.apply { $0.disconnected() } == [.answer(.unavailable), .answer(.unavailable), .connectTimeout])
        #expect(desk.apply { $0.disconnected() } == [])
        desk.end()
    }

    @Test("keeps the calls that come after a connection for the next one, and not for long")
    func between() async {
        var desk = await Desk.connected(calls: [])
        #expect(desk.apply { $0.disconnected() } == [.connectTimeout])
        #expect(await desk.enter(1) == [])
        #expect(desk.apply { $0.connected() } == [.hello, .send(1)])
        #expect(desk.apply { $0.disconnected() } == [.answer(.unavailable), .connectTimeout])
        #expect(await desk.enter(2) == [])
        #expect(desk.apply { $0.connectTimedOut() } == [.answer(.unavailable, isUnprocessed: true)])
        #expect(await desk.enter(3) == [.answer(.unavailable, isUnprocessed: true)])
        desk.end()
    }

    @Test("answers what the socket does not take as not processed")
    func refused() async {
        var desk = await Desk.connected(calls: [1])
        #expect(desk.apply { $0.refused(1) } == [.answer(.unavailable, isUnprocessed: true)])
        #expect(desk.apply { $0.refused(1) } == [])
    }

    @Test("ends the calls in flight when another process answers")
    func anotherInstance() async {
        var desk = await Desk.connected(calls: [1])
        #expect(desk.apply { $0.receivedHello(from: "a") } == [])
        #expect(desk.apply { $0.receivedHello(from: "a") } == [])
        #expect(desk.apply { $0.receivedHello(from: "b") } == [.answer(.unavailable)])
        #expect(await desk.enter(2) == [.send(2)])
        desk.end()
    }

    @Test("calls another process that a proxy has put in the place of one that leaves, or that has refused this client")
    func anotherInstanceBehindProxy() async {
        var desk = await Desk.connected(calls: [])
        #expect(desk.apply { $0.receivedHello(from: "a") } == [])
        #expect(desk.apply { $0.receivedGoAway() } == [])
        #expect(desk.apply { $0.receivedHello(from: "a") } == [] && desk.connection.state == .draining)
        #expect(desk.apply { $0.receivedHello(from: "b") } == [] && desk.connection.isUp)
        let refusal = Reply.failure(Problem(.incompatible, "Another contract."))
        #expect(desk.apply { $0.receivedReply(Connection.helloID, refusal) } == [] && !desk.connection.isUp)
        #expect(desk.apply { $0.receivedHello(from: "c") } == [] && desk.connection.isUp)
        desk.end()
    }

    @Test("keeps the calls that another process has been sent after a restart")
    func restarted() async {
        var desk = await Desk.connected(calls: [])
        #expect(desk.apply { $0.receivedHello(from: "a") } == [])
        #expect(desk.apply { $0.disconnected() } == [.connectTimeout])
        #expect(desk.apply { $0.connected() } == [.hello])
        #expect(await desk.enter(1) == [.send(1)])
        #expect(desk.apply { $0.receivedHello(from: "b") } == [])
        #expect(desk.apply { $0.receivedReply(1, .success(status: 200, body: Data())) } == [.answered])
        desk.end()
    }

    @Test("sends no new calls to a server that leaves, and lets those in flight finish")
    func draining() async {
        var desk = await Desk.connected(calls: [1])
        #expect(desk.apply { $0.receivedGoAway() } == [])
        #expect(desk.connection.state == .draining)
        #expect(await desk.enter(2) == [.answer(.unavailable, isUnprocessed: true)])
        #expect(desk.apply { $0.receivedReply(1, .success(status: 200, body: Data())) } == [.answered])
        #expect(desk.apply { $0.disconnected() } == [.connectTimeout] && desk.connection.state == .connecting)
        #expect(desk.apply { $0.connected() } == [.hello] && desk.connection.isUp)
        desk.end()
    }

    @Test("comes back when a server that was silent is heard again, and not by what it hears when it is up")
    func heard() async {
        var desk = Desk()
        _ = desk.apply { $0.connectTimedOut() }
        #expect(desk.apply { $0.received() } == [.hello] && desk.connection.isUp)
        #expect(desk.apply { $0.received() } == [])
        #expect(desk.apply { $0.checkHeartbeat() } == [] && desk.connection.isUp)
    }

    @Test("asks a server that is silent when a call's time is over, and keeps calls until it answers")
    func doubted() async {
        let soon = ContinuousClock.now
        var desk = await Desk.connected(calls: [1, 2, 3])
        let later = ContinuousClock.now + .seconds(1.5)
        #expect(desk.apply { $0.abandon(1, .late, at: soon) } == [.answer(.deadlineExceeded), .cancel(1)])
        #expect(
            desk.apply { $0.abandon(2, .late, at: later) }
                == [.answer(.deadlineExceeded), .cancel(2), .ping, .pongTimeout(1, .milliseconds(500))])
        #expect(await desk.enter(4) == [])
        #expect(desk.apply { $0.received() } == [.send(4)] && desk.connection.isUp)
        #expect(desk.apply { $0.pongTimedOut(1) } == [])
        desk.end()
    }

    @Test(
        "waits for a PONG of a server that is far away or busy for three round trips, within bounds",
        arguments: [(10, 500), (400, 1200), (5000, 2000)])
    func doubtedFarAway(roundTrip: Int, timeout: Int) async {
        var desk = Desk()
        _ = desk.apply { $0.connected() }
        // The HELLO is answered at once.
        let connected = ContinuousClock.now
        _ = desk.apply { $0.received(at: connected) }
        for id in [1, 2] as [UInt64] { _ = await desk.enter(id) }
        let asked = connected + .seconds(1)
        _ = desk.apply { $0.checkHeartbeat(at: asked) }
        let answered = asked + .milliseconds(roundTrip)
        _ = desk.apply { $0.received(at: answered) }
        let doubted = desk.apply { $0.abandon(1, .late, at: answered + .seconds(2)) }
        #expect(doubted.last == .pongTimeout(1, .milliseconds(timeout)))
        _ = desk.apply { $0.received(at: answered + .seconds(3)) }
        _ = desk.apply { $0.abandon(2, .late, at: answered + .seconds(5)) }
        // The timer of the first doubt says nothing about the second.
        #expect(desk.apply { $0.pongTimedOut(1) } == [] && desk.connection.state == .doubtful)
        #expect(desk.apply { $0.pongTimedOut(2) } == [.reconnect, .connectTimeout])
        desk.end()
    }

    @Test("gives up a server that stays silent: it learns which calls are lost, and others wait for a new connection")
    func silent() async {
        var desk = await Desk.connected(calls: [1, 2])
        _ = desk.apply { $0.abandon(1, .late, at: .now + .seconds(2)) }
        #expect(await desk.enter(3) == [])
        #expect(
            desk.apply { $0.pongTimedOut(1) } == [.cancel(2), .answer(.unavailable), .reconnect, .connectTimeout])
        #expect(desk.apply { $0.connected() } == [.hello, .send(3)])
        #expect(
            desk.apply { $0.checkHeartbeat(at: .now + .seconds(5)) }
                == [.cancel(3), .answer(.unavailable), .reconnect, .connectTimeout])
        #expect(desk.apply { $0.connectTimedOut() } == [] && desk.connection.state == .down)
        desk.end()
    }

    @Test("gives up a server that is silent after it said that it will stop, or that it refuses this client")
    func silentAfterGoAway() async {
        for isRefused in [false, true] {
            var desk = await Desk.connected(calls: [])
            let refusal = Reply.failure(Problem(.incompatible, "Another contract."))
            _ = desk.apply { isRefused ? $0.receivedReply(Connection.helloID, refusal) : $0.receivedGoAway() }
            #expect(desk.apply { $0.checkHeartbeat() } == [] && desk.connection.isOpen)
            #expect(desk.apply { $0.checkHeartbeat(at: .now + .seconds(5)) } == [.reconnect, .connectTimeout])
            #expect(desk.apply { $0.connected() } == [.hello] && desk.connection.isUp)
        }
    }

    @Test("lets only calls that were sent have an unknown outcome")
    func doubtedAndGone() async {
        var desk = await Desk.connected(calls: [1])
        _ = desk.apply { $0.abandon(1, .late, at: .now + .seconds(2)) }
        _ = await desk.enter(2)
        #expect(desk.apply { $0.disconnected() } == [.answer(.unavailable, isUnprocessed: true), .connectTimeout])
        desk.end()
    }

    @Test("knows a reply that calls a call late which is not")
    func misjudged() async {
        var desk = await Desk.connected(calls: [1])
        #expect(desk.connection.isMisjudged(1, .failure(Problem(.deadlineExceeded, "", isUnprocessed: true))))
        #expect(!desk.connection.isMisjudged(1, .failure(.late)))
        #expect(!desk.connection.isMisjudged(2, .failure(Problem(.deadlineExceeded, "", isUnprocessed: true))))
        desk.end()
    }

    @Test("fails all calls with what a server says that keeps another contract")
    func incompatible() async {
        var desk = await Desk.connected(calls: [1])
        let problem = Problem(.incompatible, "Not mine.")
        #expect(desk.apply { $0.receivedReply(0, .failure(problem)) } == [.answer(.incompatible)])
        #expect(await desk.enter(2) == [.answer(.incompatible)])
        #expect(!desk.connection.isUp && desk.connection.isOpen)
        #expect(desk.apply { $0.disconnected() } == [.connectTimeout] && desk.connection.state == .connecting)
        desk.end()
    }

    @Test("ends everything when it is closed, for good")
    func closed() async {
        var desk = await Desk.connected(calls: [1])
        #expect(desk.apply { $0.closed() } == [.answer(.unavailable)])
        #expect(desk.apply { $0.connected() } == [] && desk.connection.state == .closed)
        #expect(await desk.enter(2) == [.answer(.unavailable, isUnprocessed: true)])
        #expect(desk.apply { $0.disconnected() } == [] && desk.connection.state == .closed)
        // Only what was never sent was certainly not processed.
        var young = Desk()
        _ = await young.enter(1)
        #expect(young.apply { $0.closed() } == [.answer(.unavailable, isUnprocessed: true)])
    }
}

/// A connection, and the calls that wait on it.
private struct Desk {
    /// The effects, as a test looks at them.
    enum Deed: Equatable {
        case hello
        case ping
        case connectTimeout
        case pongTimeout(Int, Duration)
        case reconnect
        case send(UInt64)
        case cancel(UInt64)
        case answered
        case answer(Problem.Kind, isUnprocessed: Bool = false)
    }

    var connection = Connection()
    /// Deadlines and timers count from here.
    let begin = ContinuousClock.now
    private(set) var expiryTimers: [Duration] = []

    static func connected(calls: [UInt64]) async -> Desk {
        var desk = Desk()
        _ = desk.apply { $0.connected() }
        for id in calls { _ = await desk.enter(id) }
        return desk
    }

    /// A call comes in. Whoever waits for its reply is released when it is replied to, or at the end.
    mutating func enter(_ id: UInt64, for time: Duration = .seconds(60)) async -> [Deed] {
        let (continuations, arrived) = AsyncStream.makeStream(of: CheckedContinuation<Reply, Never>.self)
        Task { _ = await withCheckedContinuation { arrived.yield($0) } }
        var continuation = continuations.makeAsyncIterator()
        guard let waiter = await continuation.next() else { return [] }
        let request = Request(Call("a.b"), isIdempotent: false, deadline: begin + time)
        return apply { $0.enter(id, request, PendingCall(continuation: waiter, deadline: request.deadline)) }
    }

    mutating func apply(_ change: (inout Connection) -> [Connection.Action]) -> [Deed] {
        change(&connection).compactMap { action in
            switch action {
            case .send(let id, _): return .send(id)
            case .sendCancel(let id): return .cancel(id)
            case .sendHello: return .hello
            case .sendPing: return .ping
            case .startExpiryTimer(let instant):
                expiryTimers.append(begin.duration(to: instant))
                return nil
            case .startConnectTimeout: return .connectTimeout
            case .startPongTimeout(let doubt, let time): return .pongTimeout(doubt, time)
            case .reconnect: return .reconnect
            case .reply(let waiting, let reply):
                waiting.continuation.resume(returning: reply)
                guard case .failure(let problem) = reply else { return .answered }
                return .answer(problem.kind, isUnprocessed: problem.isUnprocessed)
            }
        }
    }

    /// An expiry timer fires in time.
    mutating func expire(after time: Duration) -> [Deed] {
        apply { [begin] in $0.expireCalls(begin + time, at: begin + time) }
    }

    mutating func end() { _ = apply { $0.closed() } }
}

extension Problem {
    fileprivate static let late = Problem(.deadlineExceeded, "Too late.")
}
