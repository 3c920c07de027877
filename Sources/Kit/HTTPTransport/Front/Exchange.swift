import CMalloc
import Dispatch
import Glibc
import NIOCore
import RPC
import Synchronization

/// A request, from its head to the end of its response.
final class Exchange {
    let head: RequestHead
    var received = ContinuousClock.now
    private(set) var body = ByteBuffer()
    /// The size of what has come of the body, be it kept or not.
    private(set) var bodySize = 0
    /// False if the response does not depend on the body.
    private var keepsBody = true
    private let budget: BodyBudget
    private var share = 0
    /// Closes the connection if the body takes too long; later, writes the next heartbeat of a stream.
    var timer: Scheduled<Void>?
    var call: RunningCall?
    /// Writes a response in chunks.
    var stream: Task<Void, Never>?
    /// The beginning of the response has been written already, as a probe.
    var isPrefixWritten = false
    var hasResponse = false

    /// - Parameter budget: the memory for a body that comes in several parts. It gets its share back when the exchange ends.
    init(_ head: RequestHead, _ budget: BodyBudget) {
        self.head = head
        self.budget = budget
    }

    deinit { _ = budget.resize(from: share, to: 0) }

    /// The client no longer waits for the response.
    func cancel() {
        timer?.cancel()
        call?.cancel()
        stream?.cancel()
    }
}

// MARK: - The body

extension Exchange {
    /// True if there is a body, or will be.
    var hasBody: Bool { bodySize > 0 || head.headers.expectsResponse }

    /// True if a part of the body has its share of the budget.
    var holdsBody: Bool { share > 0 }

    func append(_ bytes: ByteBuffer) {
        bodySize += bytes.readableBytes
        guard keepsBody else { return }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    /// Keeps no part of the body, now or later.
    func dropBody() {
        keepsBody = false
        body = ByteBuffer()
    }

    /// The body, which is handed over.
    func extractBody() -> ByteBuffer {
        defer { body = ByteBuffer() }
        return body
    }

    /// Takes the memory that the body needs until more of it comes.
    ///
    /// - Returns: false if there is none.
    func reserveBody() -> Bool {
        let size = body.readableBytes == 0 ? 0 : body.storageCapacity
        guard budget.resize(from: share, to: size) else { return false }
        share = size
        return true
    }
}

/// The memory for request bodies that come in several parts, over all connections of a front.
///
/// A body that comes with its head needs none of it: small requests are handled however much others leave unfinished.
final class BodyBudget: Sendable {
    private struct State {
        var used = 0
        /// The most that was used since memory was last given back to the system.
        var peak = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// The least that is worth looking for memory to give back, in bytes.
    private static let worthReleasing = 8 << 20
    /// The time in which memory that is not used any more is freed.
    private static let releaseDelay = DispatchTimeInterval.seconds(1)

    /// - Parameter limit: bytes of memory. One body, of any size, always finds room.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes in use.
    var used: Int { state.withLock { $0.used } }

    /// Changes the share of one body.
    ///
    /// - Returns: false if there is no room for it; then its share is as it was.
    func resize(from old: Int, to new: Int) -> Bool {
        let (hasRoom, isWorthReleasing) = state.withLock { state in
            let others = state.used - old
            guard new <= old || others == 0 || others + new <= limit else { return (false, false) }
            state.used = others + new
            state.peak = max(state.peak, state.used)
            guard state.peak >= Self.worthReleasing, state.used <= state.peak / 8 else { return (true, false) }
            state.peak = state.used
            return (true, true)
        }
        if isWorthReleasing { Self.releaseMemory() }
        return hasRoom
    }

    /// Gives the memory that was freed back to the system: glibc keeps it for the next time, in each thread's heap.
    private static func releaseMemory() {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + releaseDelay) { malloc_trim(0) }
    }
}

/// The pauses of connections whose requests were refused because there is too much to do.
///
/// To refuse a request takes half as long as to handle one, most of it in the system. So there is a bound on how many are refused,
/// over all connections: the more of them were refused, the later each is read from again, and the service has the rest of
/// the time for requests that it can handle.
final class RefusalPauses: Sendable {
    private let count = Atomic(0)

    /// A fifth of a millisecond for each: five thousand refusals in a second.
    private static let share = Duration.microseconds(200)
    /// As long as a client is asked to wait.
    private static let maxPause = Duration.seconds(1)

    /// One more connection is not to be read from for a while. A client that waits as it was asked to does not notice.
    func begin(on loop: any EventLoop, resume: @escaping @Sendable () -> Void) {
        let pause = min(Self.share * count.add(1, ordering: .relaxed).newValue, Self.maxPause)
        loop.scheduleTask(in: TimeAmount(pause)) {
            self.count.subtract(1, ordering: .relaxed)
            resume()
        }
    }
}

/// Finds out if connections are read from so late that it matters when the kernel got their requests.
///
/// To find that out costs a call of the system: it is done for one request in some, and for each while one of the last was late.
final class ReadingDelay: Sendable {
    private let requests = Atomic(0)
    /// The requests for which it is still found out.
    private let queries = Atomic(0)

    private static let sample = 16
    private static let notable = Duration.milliseconds(10)

    /// True while one of the last requests was late.
    var isNotable: Bool { queries.load(ordering: .relaxed) > 0 }

    /// True if the arrival of the next request should be found out.
    var needsArrival: Bool { isNotable || requests.add(1, ordering: .relaxed).newValue % Self.sample == 0 }

    /// - Parameter age: the time from a request's arrival to its reading.
    func record(_ age: Duration) {
        let left = age >= Self.notable ? Self.sample * 4 : max(0, queries.load(ordering: .relaxed) - 1)
        queries.store(left, ordering: .relaxed)
    }
}

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

    /// True if the client can no longer wait for a response.
    var isAbandoned: Bool { state == Self.closed || (state == Self.closeWait && age >= Self.halfClosedLimit) }
}
