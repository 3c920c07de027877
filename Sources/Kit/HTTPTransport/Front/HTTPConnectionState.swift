/// The state of a connection of the HTTP front, from one request to the next. It is pure: each transition returns what
/// its handler has to do.
struct HTTPConnectionState {
    enum Phase: Equatable {
        /// Between two requests, or within the head of one.
        case idle
        /// The body of a request is being read.
        case receiving
        /// A response is awaited or, chunk by chunk, written.
        case responding
        /// Backpressure: the next request waits until most of the response is written.
        case flushing
        /// The last response is on its way or written. What still arrives is dropped, so that a client which writes
        /// before it reads gets to see the response (RFC 9112, section 9.6).
        case lingering
    }

    enum Effect: Equatable {
        case none
        case readNextRequest
        /// Finds out if the client has closed the connection, or only its half of it.
        case probe
        /// Writes what is left to be written, and calls ``HTTPConnectionState/finishOutput()``.
        case flush
        /// Closes the output, and the connection after a while.
        case closeOutput
        /// Closes the connection after a while.
        case linger
        case close
    }

    private(set) var phase = Phase.idle
    /// The client sends nothing more.
    private(set) var isInputClosed = false
    /// True for a while after a request was refused because there is too much to do.
    private var isPaused = false
    /// True from the end of a pause to the next request that is refused.
    private var hasPaused = false
    private var isRequestRead = true
    private var isLast = false
    private var isOutputFinished = false
    private var isQuiescing = false
    /// True if bytes that still arrive are dropped.
    private var dropsInput = false

    /// True if requests are read from the input: the next one, the body of this one, or the rest of a refused one.
    var readsRequests: Bool {
        switch phase {
        case .idle, .receiving: true
        case .responding, .flushing: false
        case .lingering: keepsInput
        }
    }

    /// True if more bytes are wanted from the socket, be it only to drop them.
    var readsSocket: Bool { !isPaused && phase != .responding && phase != .flushing }

    /// False if what arrives is dropped.
    var keepsInput: Bool { !dropsInput && (phase != .lingering || !isRequestRead) }
}

// MARK: - Requests

extension HTTPConnectionState {
    /// - Parameter isLast: true if the client wants no response to a request after this one.
    mutating func beginRequest(isLast: Bool) {
        phase = .receiving
        isRequestRead = false
        self.isLast = isLast
    }

    /// The request is complete.
    mutating func endRequest() -> Effect {
        isRequestRead = true
        switch phase {
        case .idle, .receiving:
            phase = .responding
            return .none
        case .responding, .flushing: return .none
        case .lingering: return isOutputFinished ? .closeOutput : .none
        }
    }

    /// The request gets its response although it is not complete. There is no other after it.
    mutating func refuseRequest() {
        phase = .responding
        isLast = true
    }

    /// The bytes are not a request. They get a response, and nothing after them does.
    mutating func failInput() {
        isRequestRead = true
        refuseRequest()
        dropInput()
    }

    /// The client has sent too much ahead. No request is read after the current one.
    mutating func dropInput() {
        dropsInput = true
        isLast = true
    }

    /// There is no complete request in the input.
    mutating func awaitInput() -> Effect {
        guard isInputClosed, phase == .idle || phase == .receiving else { return .none }
        phase = .lingering
        return .flush
    }

    /// The client has closed its half of the connection, or all of it.
    mutating func closeInput() -> Effect {
        isInputClosed = true
        switch phase {
        case .idle, .receiving: return awaitInput()
        case .responding: return .probe
        case .flushing: return .none
        case .lingering: return isOutputFinished ? .close : .none
        }
    }
}

// MARK: - Pauses

extension HTTPConnectionState {
    /// A request is refused because there is too much to do.
    ///
    /// - Returns: true if nothing is to be read until ``resume()``. A request that came during a pause, and is refused because it
    ///   has waited for the end of it, is not followed by another one.
    mutating func pause() -> Bool {
        isPaused = !hasPaused
        hasPaused = false
        return isPaused
    }

    mutating func resume() {
        isPaused = false
        hasPaused = true
    }
}

// MARK: - Responses

extension HTTPConnectionState {
    /// A response begins.
    ///
    /// - Parameters:
    ///   - isOpen: false if clients are asked to leave.
    ///   - hasInput: true if the client has sent more than this request.
    /// - Returns: true if it is the last one.
    mutating func beginResponse(isOpen: Bool, hasInput: Bool) -> Bool {
        isLast = isLast || !isOpen || (isInputClosed && !hasInput)
        return isLast
    }

    /// The response is handed to the system, or waits to be written.
    mutating func endResponse(isOpen: Bool, isWritable: Bool) -> Effect {
        guard phase == .responding else { return .none }
        isLast = isLast || !isOpen
        phase = .flushing
        return isLast || isWritable ? becomeWritable() : .none
    }

    /// The client has read most of the response.
    mutating func becomeWritable() -> Effect {
        guard phase == .flushing else { return .none }
        phase = isLast || isQuiescing ? .lingering : .idle
        return phase == .idle ? .readNextRequest : .flush
    }

    /// All is written.
    mutating func finishOutput() -> Effect {
        isOutputFinished = true
        if isInputClosed { return .close }
        return isRequestRead ? .closeOutput : .linger
    }
}

// MARK: - The end

extension HTTPConnectionState {
    /// The connection ends with the request that it is at.
    mutating func quiesce() -> Effect {
        isQuiescing = true
        return phase == .idle ? .close : .none
    }

    /// True if the connection is closed once nothing has happened for the idle time. A body, and a call, have a
    /// deadline of their own.
    ///
    /// - Parameter isWritable: false if the client does not read a response.
    func mayTimeOut(isWritable: Bool) -> Bool {
        switch phase {
        case .idle, .flushing, .lingering: true
        case .receiving: false
        case .responding: !isWritable
        }
    }
}
