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
/// sockets, and answers without a hop between threads. One that does not is as correct, and slower.
public protocol Service: Actor {
    /// The contract's endpoints, each with its method. Asked for once, at the start.
    nonisolated var handlers: Handlers { get }

    /// The dependencies that the service still waits for, a few words each; empty once it is ready.
    ///
    /// Asked for at each readiness check, within 200 ms.
    func pendingDependencies() async -> [String]
}

extension Service {
    public func pendingDependencies() async -> [String] { [] }
}

/// The executor that a service's actor runs on: that of the thread which owns its sockets.
public typealias ServiceExecutor = any SerialExecutor
