import Testing

/// The transports under test, and all the ways in which they may differ. What is not named here is the same on each.
enum Wire: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in process"
    case http = "over HTTP"
    case ipc = "over ZeroMQ ipc"
    case tcp = "over ZeroMQ tcp"
    case inproc = "over ZeroMQ inproc"

    var testDescription: String { rawValue }

    /// Those with a front, which can be stopped, started again and asked to leave.
    static let remote = allCases.filter { $0 != .inProcess }
    /// Those on which a client says which contract it was written for.
    static let zeroMQ = allCases.filter(\.isZeroMQ)
}

extension Wire {
    var isZeroMQ: Bool { self == .ipc || self == .tcp || self == .inproc }

    /// Whether an endpoint is asked for by its name; HTTP knows paths only, and cannot say what it has not found.
    var asksByName: Bool { self != .http }

    /// Whether fields in the path and the query lose their type: there is text only, a field of the path must have some,
    /// and an empty list is as good as none.
    var carriesTextOnly: Bool { self == .http }

    /// Whether bodies have a limit: only what crosses a wire has.
    var limitsBodies: Bool { self != .inProcess }

    /// How a body is refused that is too large; HTTP stops reading it, and cannot say how large it is.
    func tooLarge(size: Int, limit: Int) -> String {
        isZeroMQ ? "The body has \(size) bytes; \(limit) are allowed." : "The body is larger than \(limit) bytes."
    }

    /// Whether a time to wait is rounded up to whole seconds, as `Retry-After` wants it.
    var retriesInSeconds: Bool { self == .http }

    /// How many calls one caller has in flight at most. A connection of HTTP/1.1 has one call.
    var callsInFlight: Int { self == .http ? 200 : 10_000 }

    /// How many calls are many. HTTP takes some milliseconds for each in a debug build.
    var manyCalls: Int { self == .http ? 1000 : 10_000 }

    /// Whether a front that drains makes its callers go elsewhere at once, by GOAWAY.
    var sendsCallersAway: Bool { isZeroMQ }
}
