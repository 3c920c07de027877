public import Endpoints
import Synchronization

/// Calls the replicas of a service by turns.
///
/// A call that one of them has certainly not begun goes on to the next, within its time; so does one that may be repeated
/// and whose replica is lost. Each replica is asked once at most.
public final class ReplicaCaller: Caller {
    private let replicas: [any Caller]
    private let turn = Atomic<Int>(0)

    /// - Parameter replicas: one at least.
    public init(_ replicas: [any Caller]) {
        precondition(!replicas.isEmpty, "A service has one replica at least.")
        self.replicas = replicas
    }

    public func call(_ call: Call, _ endpoint: EndpointDescription) async -> Reply {
        let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        var reply = await replica(first).call(call, endpoint)
        for step in 1..<replicas.count {
            guard case .failure(let problem) = reply,
                problem.isUnprocessed || (problem.kind == .unavailable && endpoint.isIdempotent)
            else { break }
            reply = await replica(first &+ step).call(call, endpoint)
        }
        return reply
    }

    private func replica(_ number: Int) -> any Caller {
        replicas[Int(UInt(bitPattern: number) % UInt(replicas.count))]
    }

    /// Whether any of them can be reached.
    public var isConnected: Bool {
        get async {
            for replica in replicas where await replica.isConnected { return true }
            return false
        }
    }

    public func close() async {
        for replica in replicas { await replica.close() }
    }
}
