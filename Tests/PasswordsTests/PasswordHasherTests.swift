import Background
import CMalloc
import Endpoints
import Foundation
import Testing

@testable import Passwords

@Suite("Passwords")
struct PasswordHasherTests {
    private let hasher = PasswordHasher(workers: 1, queue: 2)

    @Test("a hash is an Argon2id PHC string with its own salt")
    func phc() async throws {
        let first = try await hasher.hash("swordfish")
        let second = try await hasher.hash("swordfish")
        #expect(first.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(first != second)
    }

    #if canImport(Glibc)
        @Test("heaps that grow in large steps have room for a megabyte, which else is mapped for itself")
        func largeSteps() async {
            await #expect(processExitsWith: .success) {
                func maps(_ size: Int) -> Bool {
                    let before = mallinfo2().hblks
                    let block = malloc(size)
                    return block != nil && mallinfo2().hblks > before
                }
                #expect(maps(1 << 20))
                MallocTuning.growInLargeSteps()
                #expect(!maps(1 << 20) && maps(16 << 20))
            }
        }
    #endif

    @Test("the right password is distinguished from a wrong one")
    func verification() async throws {
        let hash = try await hasher.hash("swordfish")
        #expect(try await hasher.verify("swordfish", against: hash) == .right)
        #expect(try await hasher.verify("Swordfish", against: hash) == .wrong)
        #expect(try await hasher.verify("", against: hash) == .wrong)
    }

    @Test("no user is as wrong as a wrong password")
    func nobody() async throws {
        #expect(try await hasher.verify("swordfish", against: nil) == .wrong)
        #expect(try await hasher.verify("", against: nil) == .wrong)
    }

    @Test("a hash of weaker parameters is right, but outdated")
    func outdated() async throws {
        // “swordfish” with 8 MiB and one pass.
        let weak =
            "$argon2id$v=19$m=8192,t=1,p=1$QG6SwJSC6mIcZgGb9H/Cbg$DQY1oOeKvXCGFPXL4/AgXiKIIMSmYfqDJwwVbJsv/vo"
        #expect(try await hasher.verify("swordfish", against: weak) == .validNeedsRehash)
        #expect(try await hasher.verify("Swordfish", against: weak) == .wrong)
    }

    @Test("a hash of stronger parameters is right, and stays")
    func stronger() async throws {
        // “swordfish” with 32 MiB and three passes.
        let strong =
            "$argon2id$v=19$m=32768,t=3,p=1$Nlc0eGtVeEN1c0diaHBjNQ$aZJy5wgqDSstDJP+vtXZbkYd4UkcxkOO5QCNbx38vNU"
        #expect(try await hasher.verify("swordfish", against: strong) == .right)
    }

    @Test("what is compared with if there is no user has the parameters of every hash")
    func nobodysHash() async throws {
        let hash = try await hasher.hash("swordfish")
        func parameters(_ hash: String) -> [Substring] { hash.split(separator: "$").dropLast(2) }
        func lengths(_ hash: String) -> [Int] { hash.split(separator: "$").suffix(2).map(\.count) }
        #expect(parameters(PasswordHasher.dummyHash) == parameters(hash))
        #expect(lengths(PasswordHasher.dummyHash) == lengths(hash))
    }

    @Test("more than the queue holds is refused with a time to come back")
    func full() async throws {
        let outcomes = await withTaskGroup(of: Result<String, any Error>.self) { group in
            for _ in 1...12 { group.addTask { await Result { try await hasher.hash("swordfish") } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refused = outcomes.compactMap { $0.failure as? Problem }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.kind == .tooManyRequests && $0.retryAfter != nil && $0.isUnprocessed })
    }

    @Test("the time to come back grows with those who have been refused")
    func growingPause() async throws {
        let narrow = PasswordHasher(workers: 1, queue: -1)
        var times: [(earliest: ContinuousClock.Instant, latest: ContinuousClock.Instant)] = []
        for _ in 1...60 {
            let start = ContinuousClock.now
            let problem = await #expect(throws: Problem.self) { try await narrow.hash("swordfish") }
            let pause = try #require(problem?.retryAfter)
            times.append((start + pause, .now + pause))
        }
        // Each may come after the one before it, however long a busy machine takes to refuse it.
        #expect(zip(times, times.dropFirst()).allSatisfy { $0.earliest < $1.latest })
        #expect(times[0].earliest + .seconds(2) < times[59].latest)
    }

    @Test("a caller who gives up while it waits gives its place to another")
    func cancelled() async throws {
        let narrow = PasswordHasher(workers: 1, queue: 1)
        let (busy, gate) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
        async let first: Void = narrow.run {
            busy.continuation.yield()
            gate.wait()
        }
        for await _ in busy.stream.prefix(1) {}
        let second = Task.immediate { try await narrow.hash("swordfish") }
        second.cancel()
        let third = Task.immediate { try await narrow.hash("swordfish") }
        gate.signal()
        try await first
        #expect(try await third.value.hasPrefix("$argon2id$"))
        await #expect(throws: CancellationError.self) { try await second.value }
    }

    @Test(
        "a stored hash that cannot be compared is a failure, not a wrong password",
        arguments: ["", "x", "$argon2id$v=19$"])
    func unreadable(_ hash: String) async throws {
        let problem = await #expect(throws: Problem.self) { try await hasher.verify("swordfish", against: hash) }
        #expect(problem?.kind == .internal)
    }

    @Test("a password is the same composed and decomposed, and with whatever spaces")
    func forms() async throws {
        let hash = try await hasher.hash("Gr\u{FC}\u{DF}e aus K\u{F6}ln")
        for form in ["Gru\u{308}\u{DF}e aus Ko\u{308}ln", "Gr\u{FC}\u{DF}e\u{A0}aus\u{3000}K\u{F6}ln"] {
            #expect(try await hasher.verify(form, against: hash) == .right)
        }
        #expect(try await hasher.verify("Gruesse aus Koeln", against: hash) == .wrong)
        #expect(try await hasher.verify("gr\u{FC}\u{DF}e aus k\u{F6}ln", against: hash) == .wrong)
    }

    @Test("a hash of the bytes as they were typed is right for those bytes, and outdated")
    func rawBytes() async throws {
        // “swördfish” with two characters for the ö, as earlier versions hashed it.
        let old = "$argon2id$v=19$m=19456,t=2,p=1$R24f/AgKgXHlmg0ALfkSIQ$fA+yxaYbso8VKadSbXkxBfbmam7C+kFVCFbhQG4bmDI"
        #expect(try await hasher.verify("swo\u{308}rdfish", against: old) == .validNeedsRehash)
        #expect(try await hasher.verify("sw\u{F6}rdfish", against: old) == .wrong)
        #expect(try await hasher.verify("swo\u{308}rdfisk", against: old) == .wrong)
        #expect(try await hasher.verify("swo\u{308}rdfish", against: nil) == .wrong)
    }

    @Test(
        "as many are hashed at a time as there are processors, but one, and no more than fit into half of the memory",
        arguments: [(64, 256, 6), (64, 1 << 20, 63), (1, 1024, 1), (4, 1024, 3), (8, 16, 1)])
    func workers(_ processors: Int, _ mebibytes: Int, _ workers: Int) {
        let limits = ProcessLimits(processors: processors, memory: mebibytes << 20)
        #expect(PasswordHasher.workers(within: limits) == workers)
    }

    @Test("what is done for one password takes one place of the queue")
    func together() async throws {
        let narrow = PasswordHasher(workers: 1, queue: 0)
        let verdict = try await narrow.run {
            let hash = try await narrow.hash("swordfish")
            return try await narrow.verify("swordfish", against: hash)
        }
        #expect(verdict == .right)
        #expect(try await narrow.verify("swordfish", against: nil) == .wrong)
    }
}

extension Result {
    fileprivate init(_ work: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }

    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
