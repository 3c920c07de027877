import Glibc
import NIOCore

/// The instant at which the kernel got the last bytes of a connection, and if the client has gone since.
///
/// A process that was frozen, or has much to do, reads a request long after it came; its client may have given up.
struct Arrival {
    private let age: Duration
    private let state: UInt8

    /// The kernel counts in ticks of its clock, which take 10 ms at most: an age may be greater than the truth by one.
    private static let tick = Duration.milliseconds(10)
    /// A client that has waited for so long and has closed its side was not only done with sending.
    private static let halfClosedLimit = Duration.seconds(1)
    private static let closed = UInt8(7)  // TCP_CLOSE: reset, or gone
    private static let closeWait = UInt8(8)  // TCP_CLOSE_WAIT: the client has closed its side

    /// Queries the kernel, on the channel's event loop. For channels other than TCP the age is zero.
    init(_ channel: any Channel) {
        var info = tcp_info()
        (channel as? any SocketOptionProvider)?.getTCPInfo().assumeIsolated().whenSuccess { info = $0 }
        age = .milliseconds(Int(info.tcpi_last_data_recv))
        state = info.tcpi_state
    }

    /// The latest instant at which the request can have come.
    var instant: ContinuousClock.Instant { .now - max(.zero, age - Self.tick) }

    /// True if nobody can wait for a response any more.
    var isAbandoned: Bool { state == Self.closed || (state == Self.closeWait && age >= Self.halfClosedLimit) }
}
