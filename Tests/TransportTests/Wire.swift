import RPCTesting
import Testing

/// The transports under test.
enum Wire: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in process"
    case http = "over HTTP"
    case ipc = "over ZeroMQ ipc"
    case tcp = "over ZeroMQ tcp"
    case inproc = "over ZeroMQ inproc"
    case ipcByLibzmq = "over ZeroMQ ipc, by libzmq"
    case tcpByLibzmq = "over ZeroMQ tcp, by libzmq"

    var testDescription: String { rawValue }

    /// Those with a front.
    static let remote = allCases.filter { $0 != .inProcess }
    /// Those on which a client says which contract it was written for.
    static let zeroMQ: [Wire] = [.ipc, .tcp, .inproc, .ipcByLibzmq, .tcpByLibzmq]

    /// All the ways in which they differ. A connection of HTTP/1.1 has one call, and one takes some milliseconds in a debug
    /// build.
    var traits: TransportTraits {
        var traits = TransportTraits()
        switch self {
        case .inProcess:
            traits.isRemote = false
            traits.bodyLimit = nil
        case .http:
            traits.carriesTextOnly = true
            traits.retriesInSeconds = true
            traits.maxCallsInFlight = 200
            traits.manyCalls = 1000
        case .ipc, .tcp, .inproc, .ipcByLibzmq, .tcpByLibzmq:
            traits.sendsCallersAway = true
        }
        return traits
    }
}
