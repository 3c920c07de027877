internal import EventLoop
internal import Testing
internal import ZeroMQ

@Suite("Sockets on a thread", .timeLimit(.minutes(2)))
struct AttachedSocketTests {
    @Test("have a request started in place, and answered before the drain goes on")
    func inPlace() async throws {
        let context = try Context()
        let thread = try SocketThread(name: "in-place")
        let service = EchoSocket(thread: thread)
        let address = try Unique.inproc()
        try await service.start(in: context, at: address)
        let client = try Socket(.dealer, in: context)
        try client.connect(address)
        for index in 0..<1000 {
            #expect(try client.sendText("\(index)") == .sent)
            #expect(try client.next() == [Array("\(index)".utf8)])
        }
        #expect(await service.calls == 1000)
        #expect(await service.answeredInPlace == 1000)
        await thread.shutdown()
    }

    @Test("serve sixty-four callers over ipc, and every call returns", .timeLimit(.minutes(2)))
    func calls() async throws {
        let context = try Context()
        let (serverThread, clientThread) = (try SocketThread(name: "server"), try SocketThread(name: "client"))
        let service = EchoSocket(thread: serverThread)
        let client = EchoClient(thread: clientThread)
        let path = try address("ipc://\(Unique.path())")
        try await service.start(in: context, at: path)
        try await client.connect(in: context, to: path)
        await withTaskGroup { group in
            for _ in 0..<64 { group.addTask { for _ in 0..<500 { await client.call() } } }
        }
        #expect(await service.calls == 64 * 500)
        #expect(await service.answeredInPlace == 64 * 500)
        await client.stop()
        await clientThread.shutdown()
        await serverThread.shutdown()
    }

    @Test("are closed at its end, and their names free again")
    func shutdown() async throws {
        let context = try Context()
        let thread = try SocketThread(name: "shutdown")
        let service = EchoSocket(thread: thread)
        let address = try Unique.inproc()
        try await service.start(in: context, at: address)
        await thread.shutdown()
        let successor = try Socket(.router, in: context)
        try successor.bind(address)
        successor.close()
        context.terminate()
    }

    @Test("are closed when the context ends, so that terminate() returns")
    func contextEnds() async throws {
        let context = try Context()
        let thread = try SocketThread(name: "context-ends")
        let service = EchoSocket(thread: thread)
        try await service.start(in: context, at: try Unique.inproc())
        context.terminate()
        #expect(await thread.run { thread.isCurrent })
        await thread.shutdown()
    }

    @Test("and all else give every descriptor back")
    func descriptors() async throws {
        let before = countDescriptors()
        for _ in 0..<300 {
            let context = try Context()
            let thread = try SocketThread(name: "descriptors")
            let service = EchoSocket(thread: thread)
            try await service.start(in: context, at: try address("ipc://\(Unique.path())"))
            let client = EchoClient(thread: thread)
            _ = try Socket(.dealer, in: context).monitor()
            await client.stop()
            await thread.shutdown()
            context.terminate()
        }
        // Other tests run at the same time; a leak would be hundreds.
        #expect(countDescriptors() - before < 200)
    }
}
