import EventLoop
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

/// A bare socket: it sends what no caller would, and shows what really comes.
actor LibzmqPeer: ThreadBound {
    nonisolated let thread: SocketThread
    private nonisolated let arrived = Signal<[[UInt8]]>()
    private let context: Context
    private let kind: Socket.SocketType
    private var socket: Socket?
    private var isReading = false

    init(_ kind: Socket.SocketType = .dealer, in context: Context) throws {
        self.kind = kind
        self.context = context
        thread = try SocketThread(name: "raw")
    }

    /// - Parameter reading: whether it takes what comes; otherwise it is a peer that reads nothing until it is commanded to.
    func connect(to address: Address, reading: Bool = true, options: SocketOptions = .client) throws {
        var options = options
        // Messages that are sent before there is a connection wait for it.
        options.immediate = false
        options.sendHighWaterMark = 0
        let socket = try Socket(kind, in: context, options: options)
        self.socket = socket
        if reading { read() }
        try socket.connect(address)
    }

    /// Plays the server.
    ///
    /// - Returns: the address with its real port.
    @discardableResult
    func bind(to address: Address) throws -> Address {
        let socket = try Socket(kind, in: context, options: .server)
        let address = try socket.bind(address)
        // Only now: what is read is the socket that was bound, not one of an attempt that has failed.
        self.socket = socket
        read()
        return address
    }

    func read() {
        guard !isReading, let socket else { return }
        isReading = true
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.receive(limit) } ?? 0 }
    }

    /// Asks for what it wants to receive, as a SUB.
    func subscribe(to prefix: String) throws {
        try socket?.subscribe(to: Array(prefix.utf8))
    }

    private func receive(_ limit: Int) -> Int {
        var message = Multipart(limit: 16)
        var count = 0
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            arrived.send((0..<message.count).map { message.bytes(at: $0) })
        }
        return count
    }

    @discardableResult
    func send(_ frames: [[UInt8]]) throws -> SendResult? {
        var message = Multipart()
        for frame in frames { message.append(frame) }
        return try socket?.send(&message)
    }

    /// Waits for the next message.
    nonisolated func next() async -> [[UInt8]] { await arrived.next() ?? [] }

    /// Passes over messages up to this one, and over all if it does not come.
    nonisolated func skip(to preamble: Preamble) async -> Bool {
        while let message = await arrived.next() {
            if Message(message)?.preamble == preamble { return true }
        }
        return false
    }

    /// Goes away without a word.
    func disconnect() {
        socket?.close()
        socket = nil
        isReading = false
    }

    nonisolated func close() async { await thread.shutdown() }
}
