import NIOCore
import RPC

/// A request, from its head to the end of its response.
final class Exchange {
    let head: RequestHead
    var received = ContinuousClock.now
    var body = ByteBuffer()
    /// Closes the connection if the body takes too long; later, writes the next heartbeat of a stream.
    var timer: Scheduled<Void>?
    var call: RunningCall?
    /// Writes a response in chunks.
    var stream: Task<Void, Never>?
    /// The beginning of the response has been written already, as a probe.
    var isPrefixWritten = false
    var hasResponse = false

    init(_ head: RequestHead) {
        self.head = head
    }

    /// Nobody waits for the response any more.
    func cancel() {
        timer?.cancel()
        call?.cancel()
        stream?.cancel()
    }
}
