/// Something whose calls are timed: a wire of ours, a library beneath it, a program that others would choose.
public protocol BenchmarkTarget: Sendable {
    /// The name in tables; no two of a benchmark have the same.
    var name: String { get }
    var processes: Processes { get }

    /// Calls for a while; see ``Workload/run(for:isolation:_:)``.
    ///
    /// - Throws: what makes it useless for the rest of a benchmark. A call that fails is counted instead.
    func run(_ load: Workload, for time: Duration) async throws -> Sample

    /// Releases connections and of the processes it has started.
    func close() async
}

/// A subject whose calls are made here, by a closure.
public struct ClosureTarget: BenchmarkTarget {
    private actor Home {
        private nonisolated let executor: any SerialExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ executor: any SerialExecutor) {
            self.executor = executor
        }

        func run(
            _ load: Workload, for time: Duration, _ call: @escaping @Sendable (Int) async throws -> Void
        ) async -> Sample {
            await load.run(for: time) { try await call(load.payload) }
        }
    }

    /// The name in the table.
    public let name: String
    /// The processes on both sides.
    public let processes: Processes
    private let home: Home?
    private let call: @Sendable (Int) async throws -> Void
    private let end: @Sendable () async -> Void

    /// - Parameters:
    ///   - executor: where the callers run: for a wire with a thread of its own, that thread. `nil` for the shared pool.
    ///   - call: makes one call that carries so many bytes of payload, 0 for the smallest call there is.
    ///   - close: releases what the calls needed.
    public init(
        _ name: String, processes: Processes, on executor: (any SerialExecutor)? = nil,
        call: @escaping @Sendable (_ payload: Int) async throws -> Void,
        close: @escaping @Sendable () async -> Void
    ) {
        self.name = name
        self.processes = processes
        self.call = call
        end = close
        home = executor.map { Home($0) }
    }

    public func run(_ load: Workload, for time: Duration) async -> Sample {
        let call = call
        guard let home else { return await load.run(for: time) { try await call(load.payload) } }
        return await home.run(load, for: time, call)
    }

    public func close() async {
        await end()
    }
}
