import Dispatch
public import Endpoints
import Foundation

/// A service: state and logic, nothing of any wire. Written once as an actor, it is reached over every front alike.
///
/// ```swift
/// public actor GreetingService: Service {
///     func greet(_ person: Person, _ context: CallContext) async throws -> Greeting { … }
///     public nonisolated var handlers: Handlers { Handlers { handle(GreetingContract.greet, with: greet) } }
/// }
/// ```
///
/// An actor that takes a ``ServiceExecutor`` and names it in `unownedExecutor` runs on the thread that owns its ZeroMQ
/// sockets, and replies without a hop between threads. One that does not is as correct, and slower.
public protocol Service: Actor {
    /// The contract's endpoints, each with its method. Read once, at the start.
    nonisolated var handlers: Handlers { get }

    /// The dependencies that the service still waits for, a few words each; empty once it is ready.
    ///
    /// Called at each readiness check, within 200 ms.
    func pendingDependencies() async -> [String]
}

extension Service {
    /// Nothing, by default.
    public func pendingDependencies() async -> [String] { [] }
}

/// The executor that a service's actor runs on: that of the thread which owns its sockets.
public typealias ServiceExecutor = any SerialExecutor

/// An endpoint together with the method that handles it.
public final class Handler: Sendable {
    typealias Implementation = @Sendable (_ input: Data, CallContext, inout ServerTimings) async throws -> Data

    /// The endpoint that it handles.
    public let endpoint: EndpointDescriptor
    /// Decodes the input, runs the method, encodes the output. It throws a ``Problem``, or whatever the method throws.
    let run: Implementation
    /// Returns how a type of the input or the output does not fit its schema, or `nil`.
    let mismatch: @Sendable () -> String?
    let load = EndpointLoad()
    /// The media type of its output; `nil` for JSON.
    let outputType: String?

    init(
        _ endpoint: EndpointDescriptor, mismatch: @escaping @Sendable () -> String?, run: @escaping Implementation
    ) {
        self.endpoint = endpoint
        outputType = endpoint.output.contentType
        self.mismatch = mismatch
        self.run = run
    }
}

/// The handlers of a service, in the order of its contract.
public struct Handlers: Sendable {
    /// The handlers, one for each endpoint.
    public let all: [Handler]

    /// The handlers that are listed, one a line.
    public init(@HandlerBuilder _ build: () -> [Handler]) {
        all = build()
    }

    /// Makes the list of the handlers that a block names, lists of others among them.
    @resultBuilder
    public enum HandlerBuilder {
        /// One handler.
        public static func buildExpression(_ handler: Handler) -> [Handler] { [handler] }
        /// The handlers of a list, such as a part of the service that has a file of its own.
        public static func buildExpression(_ handlers: Handlers) -> [Handler] { handlers.all }
        /// The list of all.
        public static func buildBlock(_ handlers: [Handler]...) -> [Handler] { handlers.flatMap(\.self) }
        /// Those of an `if`.
        public static func buildOptional(_ handlers: [Handler]?) -> [Handler] { handlers ?? [] }
        /// Those of an `if` with an `else`.
        public static func buildEither(first handlers: [Handler]) -> [Handler] { handlers }
        /// Those of an `else`.
        public static func buildEither(second handlers: [Handler]) -> [Handler] { handlers }
        /// Those of a loop.
        public static func buildArray(_ handlers: [[Handler]]) -> [Handler] { handlers.flatMap(\.self) }
    }
}

/// Binds an endpoint to the method that handles it.
///
/// - Parameter method: an `async` method of the service's actor. It may throw a ``Problem`` to refuse the call; any other
///   error leaves as ``Problem/Kind/internal``. Its task is cancelled at the call's deadline.
public func handle<Input, Output>(
    _ endpoint: Endpoint<Input, Output>,
    with method: @escaping @Sendable (Input, CallContext) async throws -> Output
) -> Handler {
    // Such a cast takes longer than all else that belongs to an empty input.
    let nothing = Empty() as? Input
    return Handler(
        endpoint.description,
        mismatch: { PayloadCheck.mismatch(Input.self) ?? PayloadCheck.mismatch(Output.self) }
    ) { body, context, timings in
        let input = if let nothing, body.isEmpty { nothing } else { try PayloadCoder.input(Input.self, from: body) }
        timings.decode = timings.split()
        let output = try await method(input, context)
        timings.handler = timings.split()
        let encoded = try PayloadCoder.encode(output)
        timings.encode = timings.split()
        return encoded
    }
}

/// An executor for a service that owns no sockets: in tests, or if it is only called in its own process.
public final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// An executor with a queue of its own.
    ///
    /// - Parameter name: that of the queue, for debuggers.
    public init(name: String) {
        queue = DispatchQueue(label: name)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
