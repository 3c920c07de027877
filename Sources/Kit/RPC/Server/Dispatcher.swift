public import Endpoints
import Foundation
import Logging
import Synchronization

/// Handles calls: the one place that every request passes, whatever front it came by.
///
/// ``process(_:by:_:on:_:)`` is the whole story of a request.
public final class Dispatcher: Sendable {
    /// The endpoints served here, contract by contract: the service's own first, then the kit's.
    public let contracts: [ContractDescriptor]

    /// The handler of an endpoint, and those who observe its calls.
    private struct BoundHandler {
        let handler: Handler
        let observers: [any CallObserver]
    }

    private let handlers: [String: BoundHandler]
    private let shutdownState: ShutdownState
    /// The service's, for its log.
    private let name: String
    private let service: any Actor
    private let verifier: any TokenVerifier
    private let callLimit: CallLimit
    private let backlog = CallBacklog()
    private let interceptors: [any ServerInterceptor]
    private let observers: [any CallObserver]

    /// The upper bound of every call's deadline, whatever its caller requests.
    public static let maxDeadline = Duration.seconds(30)

    /// - Parameters:
    ///   - service: the actor whose methods run; calls are decoded and encoded on its executor.
    ///   - contract: the endpoints that the service implements.
    ///   - verifier: finds the principal of a token.
    ///   - maxInFlight: how many calls may be in flight before more are refused with a 503.
    ///   - interceptors: wrap each call, the first outermost.
    ///   - observers: learn of each reply.
    /// - Throws: ``ContractError`` if contract and handlers do not fit together.
    public init(
        _ service: some Service, contract: ContractDescriptor, verifier: any TokenVerifier, maxInFlight: Int = 4096,
        interceptors: [any ServerInterceptor] = .tracing, observers: [any CallObserver] = []
    ) throws(ContractError) {
        let shutdownState = ShutdownState()
        let served = [
            (contract, service.handlers),
            (HealthContract.description, HealthContract.handlers(service, verifier, shutdownState)),
            (MetaContract.description, MetaContract.handlers(contract)),
        ]
        contracts = served.map(\.0)
        var handlers: [String: BoundHandler] = [:]
        for (name, handler) in try Self.bind(served) {
            handlers[name] = BoundHandler(handler: handler, observers: observers.map { $0.observer(for: name) })
        }
        self.handlers = handlers
        name = contract.name
        self.service = service
        self.shutdownState = shutdownState
        self.verifier = verifier
        callLimit = CallLimit(limit: maxInFlight)
        self.interceptors = interceptors
        self.observers = observers
    }

    /// Starts to handle a call.
    ///
    /// - Parameter completion: called once, with the reply and the call, on any thread.
    /// - Returns: a handle to cancel the call with.
    @discardableResult
    public func start(
        _ call: Call, isolation: isolated (any Actor)? = #isolation,
        completion: @escaping @Sendable (Reply, Call) -> Void
    ) -> RunningCall {
        let bound = handlers[call.endpoint]
        let handler = bound?.handler
        let observers = bound?.observers ?? observers
        let isOAuth = handler?.endpoint.http.oauth == true
        let running = RunningCall(call) { reply, call in
            let reply = isOAuth ? reply.oauth : reply
            for observer in observers { observer.didReply(to: call, with: reply) }
            completion(reply, call)
        }
        // A request that the front could not translate gets the front's problem.
        if let rejection = call.rejection ?? refusal(of: call) {
            running.finish(.failure(rejection))
            return running
        }
        // Unknown endpoints get `unknown_endpoint` even after the deadline.
        let timeout = call.timeout ?? handler?.endpoint.deadline ?? Self.maxDeadline
        let deadline = call.received + min(timeout, Self.maxDeadline)
        let isLate = deadline <= .now
        let waits = isolation == nil
        if waits { backlog.enter() }
        let task = Task.immediate(priority: call.isInternal ? .high : nil) {
            // If already on the service's thread, it stays there: calls are handled in place, in their order.
            _ = isolation
            await self.run(running, by: deadline, handler, observers, waits, on: self.service)
        }
        // The task refuses a late call as not begun. A timer could reply first, and would not know that.
        if !isLate { running.watch(task, until: deadline) }
        return running
    }

    /// True if the reply to a call may depend on its body: if there is no reason to refuse the call unread.
    package func needsBody(_ call: Call) -> Bool {
        guard let handler = handlers[call.endpoint]?.handler else { return false }
        return call.rejection == nil && refusal(of: call) == nil
            && (handler.endpoint.access == .open || call.token != nil)
            && (try? checkMediaType(of: call, for: handler)) != nil
    }

    /// True if calls wait for the service's actor that have come by fronts on other threads.
    package var hasBacklog: Bool { !backlog.isEmpty }

    /// True if a call that comes by a front on another thread could be begun before half of the time that it has left is over.
    /// Nearer to its end it would often be handled too late, and keep the service from calls that can be handled in time.
    ///
    /// - Parameters:
    ///   - name: the endpoint's qualified name. The kit's own calls are always begun.
    ///   - timeout: the call's own; `nil` leaves it to the endpoint.
    ///   - received: the instant from which its time counts.
    package func canBegin(_ name: String, within timeout: Duration?, since received: ContinuousClock.Instant) -> Bool {
        guard !Call.isInternal(name), let endpoint = handlers[name]?.handler.endpoint else { return true }
        let now = ContinuousClock.now
        let remaining = now.duration(to: received + min(timeout ?? endpoint.deadline, Self.maxDeadline))
        return !backlog.isTooLong(after: received.duration(to: now), remaining: remaining, at: now)
    }

    /// The calls that are being handled, but for those of the kit's own endpoints.
    public var callsInFlight: Int { callLimit.callsInFlight }

    /// From now on the service says that it is not ready. It still replies.
    public func beginDraining() {
        shutdownState.drain()
    }

    /// From now on the service refuses calls, except those of the kit itself; those in flight go on. A front says so
    /// when it stops, and so all fronts of a dispatcher stop together.
    public func beginStopping() {
        shutdownState.stop()
    }

    private func refusal(of call: Call) -> Problem? {
        guard shutdownState.isStopping, !call.isInternal else { return nil }
        return Problem(.notReady, "The service is stopping.", retryAfter: .seconds(1), isUnprocessed: true)
    }

    /// Handles a call. Cancelling the task cancels the call.
    public func dispatch(_ call: Call) async -> Reply {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancellation.attach(start(call) { reply, _ in continuation.resume(returning: reply) })
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func run(
        _ running: RunningCall, by deadline: ContinuousClock.Instant, _ handler: Handler?,
        _ observers: [any CallObserver], _ hasWaited: Bool, on service: isolated any Actor
    ) async {
        var timings = ServerTimings(from: running.call.received)
        if hasWaited { backlog.begin(at: timings.last) }
        timings.wait = timings.split()
        let reply =
            interceptors.isEmpty
            ? await process(running, by: deadline, handler, on: service, &timings)
            : await intercept(running, by: deadline, handler, on: service, &timings)
        let ended = interceptors.isEmpty ? running : running.intercepted
        for observer in observers { observer.didFinish(ended.call, timings) }
        ended.call.timing?.record(timings)
        running.finish(reply)
    }

    /// Its frame is apart from that of ``run``, so that calls without interceptors need no room for it.
    @inline(never)
    private func intercept(
        _ running: RunningCall, by deadline: ContinuousClock.Instant, _ handler: Handler?,
        on service: isolated any Actor,
        _ timings: inout ServerTimings
    ) async -> Reply {
        await pass(running.call, through: interceptors[...], running, by: deadline, handler, on: service, &timings)
    }

    private func pass(
        _ call: Call, through interceptors: ArraySlice<any ServerInterceptor>, _ running: RunningCall,
        by deadline: ContinuousClock.Instant, _ handler: Handler?, on service: isolated any Actor,
        _ timings: inout ServerTimings
    ) async -> Reply {
        guard let first = interceptors.first else {
            let intercepted = RunningCall(call)
            running.intercepted = intercepted
            return await process(intercepted, by: deadline, handler, on: service, &timings)
        }
        return await first.intercept(call, to: handler?.endpoint) { call in
            await pass(call, through: interceptors.dropFirst(), running, by: deadline, handler, on: service, &timings)
        }
    }

    /// A request's way: found, admitted, its access checked, decoded, run, encoded.
    private func process(
        _ running: RunningCall, by deadline: ContinuousClock.Instant, _ handler: Handler?,
        on service: isolated any Actor, _ timings: inout ServerTimings
    ) async -> Reply {
        do {
            // 1. The endpoint is one of the contract's.
            guard let handler else {
                throw Problem(.unknownEndpoint, "There is no endpoint “\(running.call.endpoint.prefix(128))” here.")
            }
            // 2. The call is not late already, and there is room for it. Checks of health always find room.
            let now = ContinuousClock.now
            guard deadline > now else { throw Problem.late }
            let isInternal = running.call.isInternal
            if !isInternal {
                let start = running.call.waitingSince ?? running.call.received
                try callLimit.enter(handler.load, after: start.duration(to: now), by: deadline, at: now)
            }
            defer { if !isInternal { callLimit.leave(handler.load, by: deadline) } }
            // 3. The caller may do this.
            let access = handler.endpoint.access
            let token = try requiredToken(running.call.token, for: access)
            var principal = token.flatMap(verifier.remembered)
            if let token, principal == nil { principal = try await verifier.verify(token) }
            try check(principal, access)
            let context = running.call.context(of: name, by: principal, deadline: deadline)
            if let permission = access.introspectedPermission {
                try await verifier.confirm(permission, context)
            }
            // 4. The input is decoded, 5. the actor's method is run, 6. its output is encoded.
            try checkMediaType(of: running.call, for: handler)
            timings.access = timings.split()
            let body: Data
            do {
                body = try await handler.run(running.call.body, context, &timings)
            } catch let problem as Problem {
                guard problem.kind.isError else { throw NoError(problem: problem) }
                throw problem.ofHandler
            }
            return .success(
                status: handler.endpoint.http.status, body: body, contentType: handler.outputType)
        } catch {
            timings.stop()
            return .failure(problem(of: error, running.call).from(.here))
        }
    }

    /// Returns the token to verify; `nil` for an open endpoint.
    private func requiredToken(_ token: String?, for access: Access) throws(Problem) -> String? {
        guard access != .open else { return nil }
        guard let token else {
            throw Problem(.tokenMissing, "The endpoint requires a token, and the call has none.")
        }
        return token
    }

    private func check(_ principal: Principal?, _ access: Access) throws(Problem) {
        if let principal, case .permission(let permission, _) = access, !principal.permissions.contains(permission) {
            throw Problem(.permissionDenied, "The token does not hold the permission “\(permission)”.")
        }
    }

    /// Bytes may be of any type, but not the parts of a form, which hold a file among other things.
    private func checkMediaType(of call: Call, for handler: Handler) throws(Problem) {
        guard let contentType = call.contentType else { return }
        let endpoint = handler.endpoint
        let mediaType = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        let wanted = endpoint.input.contentType ?? "application/json"
        let isAccepted =
            wanted == Bytes.contentType
            ? !mediaType.hasPrefix("multipart/") : mediaType == wanted || mediaType.hasSuffix("+json")
        guard isAccepted else {
            let isFormAccepted = endpoint.http.acceptsForms && call.transport == .http
            let form = isFormAccepted ? "application/x-www-form-urlencoded or " : ""
            throw Problem(.unsupportedMediaType, "The body is \(mediaType); \(form)\(wanted) is understood.")
        }
    }

    /// The only place where an error becomes a problem.
    private func problem(of error: any Error, _ call: Call) -> Problem {
        if let problem = error as? Problem { return problem }
        if error is CancellationError, Task.isCancelled { return .deadlineExceeded }
        Logger(label: call.endpoint, service: name).error(
            "A handler has failed.",
            metadata: [
                "error": .string(String(reflecting: error)), "trace_id": .string(call.trace.traceID),
                "span_id": .string(call.trace.spanID),
            ])
        return Problem(.internal, "The service has failed. Its log says more under the trace id.")
    }
}

/// A problem of a handler whose status is not that of an error.
private struct NoError: Error {
    let problem: Problem
}

extension Problem {
    /// The kinds that only the front of a service finds: a handler has them from another service, which it has called.
    private static let ofFronts: Set<Kind> = [
        .unknownEndpoint, .methodNotAllowed, .incompatible, .unsupportedVersion,
    ]

    /// The problem of a handler as its caller gets it: that this service and another one do not fit together is no
    /// mistake of the caller's, and that another one has not processed a call says nothing of what the handler has done.
    fileprivate var ofHandler: Problem {
        if Self.ofFronts.contains(kind) {
            return Problem(.unavailable, "Another service does not take the call: \(detail)")
        }
        guard source != .here else { return self }
        // A caller would take this service for the one that is stopping.
        let kind = kind == .notReady ? .unavailable : kind
        return Problem(kind, detail, faults: faults, retryAfter: retryAfter)
    }
}

/// The progress of a service towards its end. It never turns back.
final class ShutdownState: Sendable {
    private enum State: UInt8, AtomicRepresentable {
        case serving, draining, stopping
    }

    private let state = Atomic(State.serving)

    /// True if the service has been asked to stop.
    var isEnding: Bool { state.load(ordering: .relaxed) != .serving }

    /// True if it takes no more calls.
    var isStopping: Bool { state.load(ordering: .relaxed) == .stopping }

    func drain() {
        _ = state.compareExchange(expected: .serving, desired: .draining, ordering: .relaxed)
    }

    func stop() { state.store(.stopping, ordering: .relaxed) }
}
