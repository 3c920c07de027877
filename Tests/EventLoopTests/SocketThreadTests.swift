internal import Dispatch
internal import EventLoop
internal import Glibc
internal import Synchronization
internal import Testing

/// An actor with a state that only mutual exclusion keeps right.
private actor Counter: ThreadBound {
    nonisolated let thread: SocketThread
    private(set) var value = 0

    init(thread: SocketThread) { self.thread = thread }

    func increment() { value += 1 }

    func isOnThread() -> Bool { thread.isCurrent }

    func run(_ body: @Sendable () -> Void) { body() }

    /// True if nothing else had a turn while this called something async that does not suspend.
    func keepsItsTurn() async -> Bool {
        for _ in 0..<10_000 {
            let before = value
            await nothing()
            await withCheckedContinuation { $0.resume() }
            if value != before { return false }
        }
        return true
    }

    private func nothing() async {}
}

@Suite("A socket thread", .timeLimit(.minutes(2)))
struct SocketThreadTests {
    @Test("runs its actors, and nobody else")
    func isolation() async throws {
        let thread = try SocketThread(name: "isolation")
        let counter = Counter(thread: thread)
        #expect(await counter.isOnThread())
        #expect(!thread.isCurrent)
        #expect(await thread.run { thread.isCurrent })
        #expect(await thread.run { counter.assumeIsolated { $0.thread.isCurrent } })
        let isPreferred = await Task(executorPreference: ThreadPreference(for: thread)) { thread.isCurrent }.value
        #expect(isPreferred)
        await thread.shutdown()
    }

    @Test("does not enqueue a task again at an await that does not suspend")
    func turns() async throws {
        let thread = try SocketThread(name: "turns")
        let counter = Counter(thread: thread)
        let rival = Task { for _ in 0..<10_000 { await counter.increment() } }
        #expect(await counter.keepsItsTurn())
        await rival.value
        await thread.shutdown()
    }

    @Test("runs jobs of high priority before those that wait already")
    func urgency() async throws {
        let thread = try SocketThread(name: "urgency")
        let counter = Counter(thread: thread)
        let gate = DispatchSemaphore(value: 0)
        let (jobs, run) = AsyncStream.makeStream(of: String.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let held = Task {
            await counter.run {
                begin.finish()
                // Bounded, so that a test that fails does not hang.
                _ = gate.wait(timeout: .now() + .seconds(20))
            }
        }
        for await _ in begun {}
        // An immediate task has its job enqueued when it comes to the actor, and not some time later.
        var tasks: [Task<Void, Never>] = []
        for _ in 0..<10 { tasks.append(Task.immediate { await counter.run { run.yield("other") } }) }
        for _ in 0..<5 {
            tasks.append(Task.immediate(priority: .high) { await counter.run { run.yield("urgent") } })
        }
        gate.signal()
        await held.value
        for task in tasks { await task.value }
        run.finish()
        let order = await jobs.reduce(into: []) { $0.append($1) }
        let expected = Array(repeating: "urgent", count: 5) + Array(repeating: "other", count: 10)
        #expect(order == expected)
        await thread.shutdown()
    }

    @Test("passes on what a visitor throws")
    func throwing() async throws {
        let thread = try SocketThread(name: "throwing")
        struct Refusal: Error {}
        await #expect(throws: Refusal.self) { try await thread.run { () throws(Refusal) in throw Refusal() } }
        await thread.shutdown()
    }

    @Test("answers a million calls from sixty-four tasks and four foreign threads")
    func million() async throws {
        let thread = try SocketThread(name: "million")
        let counter = Counter(thread: thread)
        let (tasks, foreign, each) = (64, 4, 1_000_000 / 68 + 1)
        let countdown = Countdown(from: foreign * each)
        let threads = (0..<foreign).map { _ in
            onForeignThread {
                for _ in 0..<each {
                    Task {
                        await counter.increment()
                        countdown.step()
                    }
                }
            }
        }
        await withTaskGroup { group in
            for _ in 0..<tasks {
                group.addTask { for _ in 0..<each { await counter.increment() } }
            }
        }
        for foreignThread in threads { pthread_join(foreignThread, nil) }
        await countdown.ended()
        #expect(await counter.value == (tasks + foreign) * each)
        await thread.shutdown()
    }

    @Test("loses no wake-up between going to sleep and being called")
    func wakeUps() async throws {
        let thread = try SocketThread(name: "wake-ups")
        let counter = Counter(thread: thread)
        for _ in 0..<50_000 { await counter.increment() }
        #expect(await counter.value == 50_000)
        await thread.shutdown()
    }

    @Test("watches a plain descriptor until it is detached")
    func descriptor() async throws {
        let thread = try SocketThread(name: "descriptor")
        var pipes: [Int32] = [0, 0]
        #expect(pipe(&pipes) == 0)
        let (reading, writing) = (pipes[0], pipes[1])
        let (bytes, continuation) = AsyncStream.makeStream(of: UInt8.self)
        await thread.run {
            var registration: PollRegistration?
            registration = thread.attach(descriptor: reading) { readiness in
                var byte: UInt8 = 0
                guard readiness.contains(.readable), read(reading, &byte, 1) == 1 else { return }
                continuation.yield(byte)
                if byte == 3, let registration { thread.detach(registration) }
            }
        }
        for byte: UInt8 in 1...4 { #expect(withUnsafeBytes(of: byte) { write(writing, $0.baseAddress, 1) } == 1) }
        var seen: [UInt8] = []
        for await byte in bytes {
            seen.append(byte)
            if byte == 3 { break }
        }
        #expect(seen == [1, 2, 3])
        await thread.shutdown()
        var rest: UInt8 = 0
        #expect(read(reading, &rest, 1) == 1 && rest == 4)
        close(reading)
        close(writing)
    }

    @Test("runs the jobs that are there at its end, and ends once however often it is asked")
    func shutdown() async throws {
        let thread = try SocketThread(name: "shutdown")
        let counter = Counter(thread: thread)
        await withTaskGroup { group in
            for _ in 0..<1000 { group.addTask { await counter.increment() } }
            for _ in 0..<8 { group.addTask { await thread.shutdown() } }
        }
        #expect(await counter.value == 1000)
        #expect(!thread.isCurrent)
        await thread.shutdown()
    }

    @Test("still serves its actors after its end, one job at a time")
    func late() async throws {
        let thread = try SocketThread(name: "late")
        let counter = Counter(thread: thread)
        await thread.shutdown()
        await withTaskGroup { group in
            for _ in 0..<64 { group.addTask { for _ in 0..<500 { await counter.increment() } } }
        }
        #expect(await counter.value == 64 * 500)
    }

    @Test("can be ended by its own actor")
    func ownEnd() async throws {
        actor Suicide: ThreadBound {
            nonisolated let thread: SocketThread
            init(thread: SocketThread) { self.thread = thread }
            func end() async -> Bool {
                await thread.shutdown()
                return true
            }
        }
        #expect(await Suicide(thread: try SocketThread(name: "own-end")).end())
    }
}

/// Runs `body` on a thread that Swift's concurrency knows nothing of.
private func onForeignThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Box(body)).toOpaque()
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, argument)
    precondition(code == 0, "no thread left")
    return thread
}

/// Ends when it has been stepped so many times.
private final class Countdown: Sendable {
    private let remaining: Atomic<Int>
    private let end = AsyncStream.makeStream(of: Void.self)

    init(from count: Int) { remaining = Atomic(count) }

    func step() {
        if remaining.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { end.continuation.finish() }
    }

    func ended() async { for await _ in end.stream {} }
}
