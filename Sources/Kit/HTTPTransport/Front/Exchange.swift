import NIOCore
import RPC

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

    /// Nobody waits for the response any more.
    func cancel() {
        timer?.cancel()
        call?.cancel()
        stream?.cancel()
    }
}

// MARK: - The body

extension Exchange {
    /// True if there is a body, or will be.
    var hasBody: Bool { bodySize > 0 || head.headers.expectsContinue }

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
    func takeBody() -> ByteBuffer {
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
