internal import Glibc
internal import Testing
internal import ZeroMQ

@Suite("Of libzmq's traps,", .timeLimit(.minutes(1)))
struct TrapTests {
    @Test("requests to a server that is down are refused at once, not delivered to its successor")
    func noZombies() throws {
        let context = try Context()
        let address = try address("ipc://\(Unique.path())")
        let client = try Socket(.dealer, in: context)
        let clientEvents = try client.monitor()
        try client.connect(address)
        for _ in 0..<3 { #expect(try client.sendText("zombie") == .wouldBlock) }
        let server = try Socket(.router, in: context, options: .server)
        try server.bind(address)
        _ = try clientEvents.wait(for: .handshakeSucceeded)
        #expect(try client.sendText("alive") == .sent)
        #expect(try server.next().last == Array("alive".utf8))
        #expect(try server.staysSilent())
    }

    @Test("a reply to a peer that never was, or is gone, is reported")
    func unreachable() throws {
        let context = try Context()
        let server = try Socket(.router, in: context, options: .server)
        #expect(try server.send(Array("nobody".utf8), [1]) == .unreachable)
        let address = try server.bind(try address("tcp://127.0.0.1:*"))
        let events = try server.monitor()
        let client = try Socket(.dealer, in: context)
        let clientEvents = try client.monitor()
        try client.connect(address)
        _ = try clientEvents.wait(for: .handshakeSucceeded)
        #expect(try client.sendText("hello") == .sent)
        let id = try server.next()[0]
        #expect(try server.send(id, [1]) == .sent)
        client.close()
        _ = try events.wait(for: .disconnected)
        // The event comes just before the pipe's end, which a wait notices.
        var result = SendResult.sent
        for _ in 0..<1000 where result == .sent {
            _ = try server.waitUntilReadable(atMost: .milliseconds(1))
            result = try server.send(id, [2])
        }
        #expect(result == .unreachable)
    }

    @Test("a slow peer makes the router's send report wouldBlock, with the message intact, and blocks nobody")
    func slowPeer() throws {
        let context = try Context()
        var options = SocketOptions.server
        options.sendHighWaterMark = 2
        options.receiveHighWaterMark = 2
        let server = try Socket(.router, in: context, options: options)
        let address = try Unique.inproc()
        try server.bind(address)
        let slow = try Socket(.dealer, in: context, options: options)
        let quick = try Socket(.dealer, in: context, options: options)
        try slow.connect(address)
        try quick.connect(address)
        #expect(try slow.sendText("slow") == .sent)
        let slowID = try server.next()[0]
        #expect(try quick.sendText("quick") == .sent)
        let quickID = try server.next()[0]
        var message = Multipart()
        var result = SendResult.sent
        for _ in 0..<100 where result == .sent {
            message.append(slowID)
            message.append("reply")
            result = try server.send(&message)
        }
        #expect(result == .wouldBlock)
        #expect(message.count == 2)
        #expect(message.text(at: 1) == "reply")
        #expect(try server.send(quickID, [1]) == .sent)
        #expect(try quick.next() == [[1]])
        #expect(try slow.next() == [Array("reply".utf8)])
    }

    @Test("routing ids are libzmq's own: five bytes, one for each connection")
    func routingIDs() throws {
        let context = try Context()
        let server = try Socket(.router, in: context, options: .server)
        let address = try Unique.inproc()
        try server.bind(address)
        let clients = try (0..<8).map { _ in try Socket(.dealer, in: context) }
        for client in clients {
            try client.connect(address)
            #expect(try client.sendText("hello") == .sent)
        }
        let ids = try clients.map { _ in try server.next()[0] }
        #expect(Set(ids).count == clients.count)
        #expect(ids.allSatisfy { $0.count == 5 && $0[0] == 0 })
    }

    @Test("a frame above the limit ends its connection and nothing else")
    func maxMessageSize() throws {
        let context = try Context()
        var options = SocketOptions.server
        options.maxMessageSize = 1024
        let server = try Socket(.router, in: context, options: options)
        let events = try server.monitor()
        let address = try server.bind(try address("tcp://127.0.0.1:*"))
        let bad = try Socket(.dealer, in: context)
        let badEvents = try bad.monitor()
        try bad.connect(address)
        _ = try badEvents.wait(for: .handshakeSucceeded)
        #expect(try bad.send(Array(repeating: 0, count: 2000)) == .sent)
        _ = try events.wait(for: .disconnected)
        bad.close()
        let good = try Socket(.dealer, in: context)
        let goodEvents = try good.monitor()
        try good.connect(address)
        _ = try goodEvents.wait(for: .handshakeSucceeded)
        #expect(try good.sendText("small") == .sent)
        #expect(try server.next().last == Array("small".utf8))
    }

    @Test("a REQ that lost a reply can ask again, and gets the answer to its second question")
    func relaxedRequest() throws {
        let context = try Context()
        let address = try Unique.inproc()
        let server = try Socket(.router, in: context, options: .server)
        try server.bind(address)
        let client = try Socket(.req, in: context)
        try client.connect(address)
        #expect(try client.sendText("first") == .sent)
        let first = try server.next()
        #expect(try client.sendText("second") == .sent)
        let second = try server.next()
        _ = try server.send(first[0], first[1], first[2], Array("one".utf8))
        #expect(try server.send(second[0], second[1], second[2], Array("two".utf8)) == .sent)
        #expect(try client.next() == [Array("two".utf8)])
    }

    @Test("terminating a context with unsent messages does not hang")
    func linger() throws {
        let context = try Context()
        let client = try Socket(.pair, in: context)
        try client.connect(try address("tcp://127.0.0.1:9"))
        #expect(try client.sendText("never sent") == .sent)
        client.close()
        let began = ContinuousClock.now
        context.terminate()
        context.terminate()
        #expect(ContinuousClock.now - began < patience)
        let error = #expect(throws: ZeroMQError.self) { try Socket(.pair, in: context) }
        #expect(error?.name == "ETERM")
    }

    @Test("a monitor that nobody reads stops nobody, and tells of each connection")
    func monitor() throws {
        let context = try Context()
        let server = try Socket(.router, in: context, options: .server)
        let events = try server.monitor()
        let address = try server.bind(try address("tcp://127.0.0.1:*"))
        #expect(try events.wait(for: .listening).address == address.description)
        for _ in 0..<600 {
            let client = try Socket(.dealer, in: context)
            let clientEvents = try client.monitor()
            try client.connect(address)
            _ = try clientEvents.wait(for: .handshakeSucceeded)
            client.close()
        }
        for _ in 0..<600 { _ = try events.wait(for: .accepted) }
    }

    @Test("a monitor closed before its socket does not stall the I/O thread")
    func monitorClosedFirst() throws {
        let context = try Context()
        let server = try Socket(.router, in: context, options: .server)
        let events = try server.monitor()
        let address = try server.bind(try address("tcp://127.0.0.1:*"))
        events.socket.close()
        for _ in 0..<20 {
            let client = try Socket(.dealer, in: context)
            var clientEvents: Monitor? = try client.monitor()
            try client.connect(address)
            _ = try clientEvents?.wait(for: .handshakeSucceeded)
            clientEvents = nil
            #expect(try client.sendText("hello") == .sent)
            #expect(try server.next().last == Array("hello".utf8))
        }
    }

    @Test("the real port of a wildcard is known; a wildcard cannot be connected to")
    func wildcardPort() throws {
        let context = try Context()
        let server = try Socket(.rep, in: context, options: .server)
        let bound = try server.bind(try address("tcp://127.0.0.1:0"))
        guard case .tcp("127.0.0.1", let port) = bound.target else { throw TimedOut() }
        #expect(port != 0)
        let client = try Socket(.req, in: context)
        let error = #expect(throws: ZeroMQError.self) { try client.connect(try Address("tcp://127.0.0.1:*")) }
        #expect(error?.code == EINVAL)
        let other = try Socket(.rep, in: context)
        let taken = #expect(throws: ZeroMQError.self) { try other.bind(bound) }
        #expect(taken?.name == "EADDRINUSE")
        #expect(taken?.description.contains(bound.description) == true)
    }

    @Test("a published message reaches those who asked for it, and a closed socket says so")
    func publish() throws {
        let context = try Context()
        let address = try Unique.inproc()
        let publisher = try Socket(.pub, in: context)
        try publisher.bind(address)
        let subscriber = try Socket(.sub, in: context)
        try subscriber.connect(address)
        try subscriber.subscribe(to: Array("news".utf8))
        #expect(try publisher.sendText("old") == .sent)
        #expect(try publisher.sendText("news!") == .sent)
        #expect(try subscriber.next() == [Array("news!".utf8)])
        subscriber.close()
        var message = Multipart()
        do {
            _ = try subscriber.receive(into: &message)
            Issue.record("a closed socket received")
        } catch {
            #expect(error.name == "ENOTSOCK")
        }
        #expect(throws: ZeroMQError.self) { try publisher.subscribe() }
    }
}
