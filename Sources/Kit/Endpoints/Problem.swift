/// The one error that crosses a wire (RFC 9457), the same on every front.
///
/// A handler throws it to refuse a call. Whatever else a handler throws is logged in full and leaves as
/// ``Kind/internal``.
public struct Problem: Error, Sendable, Equatable {
    /// The kind of error, in a form that programs can rely on.
    public let kind: Kind
    /// A description of this error for people. It never holds a secret or a stack trace.
    public let detail: String
    /// The faults of the input, each by itself.
    public let faults: [Fault]
    /// After how long a caller may try again.
    public let retryAfter: Duration?
    /// True if the call was refused before its handler started, so that it may be sent again even if it is not
    /// idempotent.
    public let isUnprocessed: Bool

    public init(
        _ kind: Kind, _ detail: String, faults: [Fault] = [], retryAfter: Duration? = nil, isUnprocessed: Bool = false
    ) {
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.retryAfter = retryAfter
        self.isUnprocessed = isUnprocessed
    }

    /// The HTTP status code, on every wire.
    public var status: Int { kind.status }
}

extension Problem {
    /// One thing that is wrong with an input.
    public struct Fault: Codable, Sendable, Hashable {
        /// The place of the fault: a JSON pointer (RFC 6901) into the input, `""` for the whole.
        public let pointer: String
        /// A description of the fault.
        public let detail: String

        public init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }
}
