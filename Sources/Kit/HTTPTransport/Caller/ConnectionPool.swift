import AsyncHTTPClient
import Synchronization

/// The connections of a caller to its peer. After a silence all of them are given up, since whatever has made one of them dead
/// without a word, such as a balancer that has forgotten it, may have done so to the others that rest.
final class ConnectionPool: Sendable {
    /// An HTTP client and the calls that it has in flight.
    final class Generation: Sendable {
        fileprivate struct State {
            var inFlight = 0
            var isRetired = false
            var lastReply: ContinuousClock.Instant?
        }

        let client: HTTPClient
        fileprivate let state = Mutex(State())

        fileprivate init(_ configuration: HTTPClient.Configuration) {
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        /// A reply has come: the connections live.
        func recordReply() { state.withLock { $0.lastReply = .now } }

        fileprivate func enter() { state.withLock { $0.inFlight += 1 } }

        /// - Returns: true if it is retired and this was its last call.
        fileprivate func leave() -> Bool {
            state.withLock { state in
                state.inFlight -= 1
                return state.isRetired && state.inFlight == 0
            }
        }

        /// The call that has met with silence is still in flight.
        fileprivate func retire() { state.withLock { $0.isRetired = true } }
    }

    private struct State {
        var current: Generation
        /// Those that still have calls in flight.
        var retired: [ObjectIdentifier: Generation] = [:]
        var isClosed = false
    }

    private let configuration: HTTPClient.Configuration
    private let state: Mutex<State>

    init(_ configuration: HTTPClient.Configuration) {
        self.configuration = configuration
        state = Mutex(State(current: Generation(configuration)))
    }

    /// Runs a call on the current connections.
    func withConnections<Result>(_ call: (Generation) async -> Result) async -> Result {
        let generation = state.withLock { state in
            state.current.enter()
            return state.current
        }
        let result = await call(generation)
        if generation.leave() { await shutDown(generation) }
        return result
    }

    /// A call has met with silence. New connections are made for those that follow, unless a reply has come meanwhile.
    ///
    /// - Parameter start: the instant at which the call was sent.
    func recordTimeout(of generation: Generation, since start: ContinuousClock.Instant) {
        let isDead = generation.state.withLock { state in state.lastReply.map { $0 < start } ?? false }
        guard isDead else { return }
        state.withLock { state in
            guard state.current === generation, !state.isClosed else { return }
            state.retired[ObjectIdentifier(generation)] = generation
            state.current = Generation(configuration)
            generation.retire()
        }
    }

    /// Ends all calls, and makes no more connections.
    func close() async {
        let all = state.withLock { state in
            state.isClosed = true
            defer { state.retired = [:] }
            return [state.current] + state.retired.values
        }
        // It throws if the client is closed already.
        for generation in all { try? await generation.client.shutdown() }
    }

    private func shutDown(_ generation: Generation) async {
        let isOurs = state.withLock { $0.retired.removeValue(forKey: ObjectIdentifier(generation)) != nil }
        if isOurs { try? await generation.client.shutdown() }
    }
}
