import Endpoints
import Foundation
import JSON
import RPC
import RPCTesting
import Testing
import Waiting

@Suite("The dispatcher", .timeLimit(.minutes(1)))
struct DispatcherTests {
    private let pour = plain("pour", "/pour")
    private let hold = plain("hold", "/hold", deadline: .seconds(20))

    @Test("answers with the endpoint's status and the output, and tells its observers once")
    func success() async throws {
        let (first, second) = (Journal(), Journal())
        let make = Endpoint<Cup, Cup>("make", .post, "/make", status: 201, access: .open, summary: "Makes.")
        let service = TeaService { handle(make) { cup, _ in Cup(size: cup.size, milk: true) } }
        let dispatcher = try Dispatcher(
            service, contract: contract(make.description), verifier: FakeVerifier(), observers: [first, second])
        let reply = await dispatcher.dispatch(Call("tea.make", body: Data(#"{"size":3}"#.utf8), timeout: .seconds(20)))
        guard case .success(201, let body, contentType: nil) = reply else { return #expect(Bool(false), "\(reply)") }
        let output = try JSONValue(json: body)
        #expect(output == ["size": 3, "milk": true])
        #expect(first.summary == ["tea.make 201"] && second.all == first.all)
    }

    @Test("accounts for the time of a call, part by part, and for no more than it took")
    func timings() async throws {
        let journal = Journal()
        let service = TeaService {
            handle(pour) { _, _ in
                let end = ContinuousClock.now + .milliseconds(2)
                while ContinuousClock.now < end {}
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description), verifier: FakeVerifier(), observers: [journal])
        let start = ContinuousClock.now
        _ = await dispatcher.dispatch(Call("tea.pour", received: start - .milliseconds(3)))
        let timings = try #require(journal.lastTimings)
        #expect(timings.queue >= 3_000_000 && timings.handler >= 2_000_000)
        #expect(timings.parts.map(\.name) == ["queue", "wait", "access", "decode", "handler", "encode"])
        let sum = timings.parts.reduce(.zero) { $0 + .nanoseconds($1.nanoseconds) }
        #expect(sum <= start.duration(to: .now) + .milliseconds(3))
        // A call that is refused has come no further.
        _ = await dispatcher.dispatch(Call("tea.nothing"))
        #expect(journal.lastTimings?.decode == 0 && journal.lastTimings?.handler == 0)
    }

    @Test("accounts for the time of a call that its handler refuses")
    func refusedLedger() async throws {
        let journal = Journal()
        let service = TeaService {
            handle(pour) { _, _ -> Empty in
                let end = ContinuousClock.now + .milliseconds(2)
                while ContinuousClock.now < end {}
                throw Problem(.conflict, "No tea.")
            }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description), verifier: FakeVerifier(), observers: [journal])
        #expect(await dispatcher.dispatch(Call("tea.pour")).status == 409)
        let timings = try #require(journal.lastTimings)
        #expect(timings.handler >= 2_000_000 && timings.access > 0 && timings.encode == 0)
    }

    @Test("takes the endpoint's own deadline where the caller names none, and never more than its longest")
    func deadlines() async throws {
        let times = Signal<Duration>()
        let service = TeaService {
            handle(pour) { _, context in
                times.send(context.remaining)
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(service, contract: contract(pour.description), verifier: FakeVerifier())
        let cases: [(Duration?, Duration)] = [
            (nil, .seconds(20)), (.seconds(3), .seconds(3)), (.seconds(3600), .seconds(30)),
        ]
        for (timeout, longest) in cases {
            _ = await dispatcher.dispatch(Call("tea.pour", timeout: timeout))
            let left = try #require(await times.next())
            #expect(left <= longest && left > .zero)
        }
    }

    @Test("answers a late call before anything else is done for it")
    func late() async throws {
        let verifier = CountingVerifier()
        let guarded = plain("guarded", "/guarded", access: .token)
        let service = TeaService { handle(guarded) { _, _ in Empty() } }
        let dispatcher = try Dispatcher(service, contract: contract(guarded.description), verifier: verifier)
        let call = Call("tea.guarded", token: "good", timeout: .seconds(1), received: .now - .seconds(2))
        #expect(await dispatcher.dispatch(call).problem?.kind == .deadlineExceeded)
        #expect(verifier.timesAsked == 0)
    }

    @Test("has room for so many calls, and always for the kit's own")
    func admission() async throws {
        let (begun, end) = (Signal<Void>(), Signal<Void>())
        let service = TeaService {
            handle(hold) { _, _ in
                begun.send(())
                _ = await end.next()
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(hold.description), verifier: FakeVerifier(), maxInFlight: 1)
        let held = Task { await dispatcher.dispatch(Call("tea.hold")) }
        _ = await begun.next()
        let problem = try #require(await dispatcher.dispatch(Call("tea.hold")).problem)
        #expect(problem.kind == .overloaded && problem.isUnprocessed && problem.retryAfter == .milliseconds(100))
        for name in ["_health.live", "_health.check", "_meta.contract"] {
            #expect(await dispatcher.dispatch(Call(name, timeout: .seconds(20))).status == 200)
        }
        end.send(())
        #expect(await held.value.status == 200)
        end.send(())
        #expect(await dispatcher.dispatch(Call("tea.hold")).status == 200)
    }

    @Test("asks for a token only where the endpoint does, and once")
    func verifier() async throws {
        let verifier = CountingVerifier()
        let known = plain("known", "/known", access: .token)
        let service = TeaService {
            handle(pour) { _, context in
                guard context.principal == nil else { throw Problem(.conflict, "Who is that?") }
                return Empty()
            }
            handle(known) { _, context in
                guard context.principal?.subject == "ada" else { throw Problem(.conflict, "Who is that?") }
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description, known.description), verifier: verifier)
        #expect(await dispatcher.dispatch(Call("tea.pour", token: "bad")).status == 200)
        #expect(verifier.timesAsked == 0)
        #expect(await dispatcher.dispatch(Call("tea.known", token: "good")).status == 200)
        #expect(verifier.timesAsked == 1)
        #expect(await dispatcher.dispatch(Call("tea.known", token: "")).status == 401)
    }

    @Test("says what it waits for, and that it stops, but not that it is dead")
    func health() async throws {
        let service = TeaService(pendingDependencies: ["the kettle", "a spoon"]) { handle(pour) { _, _ in Empty() } }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description), verifier: CountingVerifier(isReady: false))
        let problem = await dispatcher.dispatch(Call("_health.check", timeout: .seconds(20))).problem
        #expect(problem == Problem(.notReady, "Waits for: the kettle, a spoon, keys to verify tokens with."))
        dispatcher.beginDraining()
        let draining = await dispatcher.dispatch(Call("_health.check", timeout: .seconds(20))).problem
        #expect(draining == Problem(.notReady, "The service is about to stop."))
        #expect(await dispatcher.dispatch(Call("_health.live", timeout: .seconds(20))).status == 200)
        #expect(await dispatcher.dispatch(Call("tea.pour")).status == 200)
    }

    @Test("refuses calls once it stops, but not the kit's own, and never takes calls again")
    func stopping() async throws {
        let journal = Journal()
        let service = TeaService { handle(pour) { _, _ in Empty() } }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description), verifier: FakeVerifier(), observers: [journal])
        dispatcher.beginStopping()
        dispatcher.beginDraining()
        let problem = try #require(await dispatcher.dispatch(Call("tea.pour")).problem)
        #expect(problem.kind == .notReady && problem.isUnprocessed && problem.retryAfter == .seconds(1))
        #expect(await dispatcher.dispatch(Call("_health.live", timeout: .seconds(20))).status == 200)
        #expect(await dispatcher.dispatch(Call("_health.check", timeout: .seconds(20))).problem?.kind == .notReady)
        #expect(journal.summary == ["tea.pour 503", "_health.live 200", "_health.check 503"])
    }

    @Test("says that an endpoint is not there even where it comes to say so late")
    func lateStray() async throws {
        let (begun, gate) = (Signal<Void>(), Gate())
        let service = TeaService {
            handle(hold) { _, _ in
                begun.send(())
                gate.wait()
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(service, contract: contract(hold.description), verifier: FakeVerifier())
        async let held = dispatcher.dispatch(Call("tea.hold"))
        _ = await begun.next()
        let replies = Signal<Reply>()
        dispatcher.start(Call("tea.nothing"), isolation: nil) { reply, _ in replies.send(reply) }
        // Earlier timers have fired by then.
        _ = TimerQueue.shared.schedule(at: .now + .milliseconds(20)) { gate.open() }
        #expect(await replies.next()?.problem?.kind == .unknownEndpoint)
        #expect(await held.status == 200)
    }

    @Test("answers what a front could not translate with the front's problem")
    func fault() async throws {
        let journal = Journal()
        let service = TeaService { handle(pour) { _, _ in Empty() } }
        let dispatcher = try Dispatcher(
            service, contract: contract(pour.description), verifier: FakeVerifier(), observers: [journal])
        let problem = Problem(.methodNotAllowed, "Not so.")
        for name in ["tea.pour", "unknown"] {
            #expect(await dispatcher.dispatch(Call(name, rejection: problem)).problem == problem)
        }
        #expect(journal.summary == ["tea.pour 405", "unknown 405"])
    }

    @Test(
        "blames no caller if another service, which a handler has called, does not know the call",
        arguments: [Problem.Kind.unknownEndpoint, .methodNotAllowed, .incompatible, .unsupportedVersion])
    func misfit(kind: Problem.Kind) async throws {
        let service = TeaService { handle(pour) { _, _ in throw Problem(kind, "This is a kettle.") } }
        let dispatcher = try Dispatcher(service, contract: contract(pour.description), verifier: FakeVerifier())
        let problem = await dispatcher.dispatch(Call("tea.pour")).problem
        #expect(problem == Problem(.unavailable, "Another service does not take the call: This is a kettle."))
    }

    @Test(
        "does not say that a call was not processed because one that its handler made was not",
        arguments: [
            Problem.notConnected, .overloaded("Too much."), .late, Problem(.notReady, "It stops.", isUnprocessed: true),
        ])
    func foreignRefusal(refusal: Problem) async throws {
        struct Dead: Caller {
            let problem: Problem
            let isConnected = false
            func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply { .failure(problem) }
            func close() {}
        }
        let other = Client<MetaContract>(Dead(problem: refusal))
        let service = TeaService {
            handle(pour) { _, _ in
                _ = try await other.call(MetaContract.contract)
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(service, contract: contract(pour.description), verifier: FakeVerifier())
        let problem = await dispatcher.dispatch(Call("tea.pour")).problem
        #expect(problem?.isUnprocessed == false && problem?.detail == refusal.detail)
        #expect(problem?.kind == (refusal.kind == .notReady ? .unavailable : refusal.kind))
        // What the handler itself has refused is its own knowledge.
        let busy = TeaService { handle(pour) { _, _ in throw Problem(.tooManyRequests, "No.", isUnprocessed: true) } }
        let own = try Dispatcher(busy, contract: contract(pour.description), verifier: FakeVerifier())
        #expect(await own.dispatch(Call("tea.pour")).problem?.isUnprocessed == true)
    }

    @Test(
        "takes a problem whose status is no error's for a failure, so that no wire says it as a success",
        arguments: [0, 200, 302, 600])
    func noError(status: Int) async throws {
        let kind = Problem.Kind("fine", status: status, title: "Fine")
        let service = TeaService { handle(pour) { _, _ in throw Problem(kind, "All is well.") } }
        let dispatcher = try Dispatcher(service, contract: contract(pour.description), verifier: FakeVerifier())
        #expect(await dispatcher.dispatch(Call("tea.pour")).problem?.kind == .internal)
    }

    @Test("tells nothing of an unknown error, and everything of a problem")
    func errors() async throws {
        struct Secret: Error { let password = "hunter2" }
        let fail = plain("fail", "/fail")
        let refuse = plain("refuse", "/refuse")
        let problem = Problem(.conflict, "Not now.", faults: [.init(pointer: "/a", detail: "is b")])
        let service = TeaService {
            handle(fail) { _, _ in throw Secret() }
            handle(refuse) { _, _ in throw problem }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(fail.description, refuse.description), verifier: FakeVerifier())
        let failure = await dispatcher.dispatch(Call("tea.fail")).problem
        #expect(failure?.kind == .internal && !String(reflecting: failure).contains("hunter2"))
        #expect(await dispatcher.dispatch(Call("tea.refuse")).problem == problem)
    }

    @Test("answers once, whatever comes after the answer")
    func once() async throws {
        let begun = Signal<Void>()
        let service = TeaService {
            handle(hold) { _, _ in
                begun.send(())
                let (never, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                continuation.finish()
                return Empty()
            }
        }
        let journal = Journal()
        let dispatcher = try Dispatcher(
            service, contract: contract(hold.description), verifier: FakeVerifier(), observers: [journal])
        let replies = Signal<Reply>()
        let running = dispatcher.start(Call("tea.hold"), isolation: nil) { reply, _ in replies.send(reply) }
        _ = await begun.next()
        running.cancel(Problem(.unavailable, "Gone."))
        running.cancel()
        #expect(await replies.next()?.problem == Problem(.unavailable, "Gone."))
        // Its handler has ended, too: there is room again, and no second answer.
        let again = dispatcher.start(Call("tea.hold"), isolation: nil) { reply, _ in replies.send(reply) }
        _ = await begun.next()
        again.cancel()
        #expect(await replies.next()?.problem?.kind == .cancelled)
        #expect(journal.summary == ["tea.hold 503", "tea.hold 499"])
    }
}
