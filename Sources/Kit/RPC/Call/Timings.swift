import Foundation
import Synchronization

/// The parts of the time of one call, for a caller that wants to know: it goes out with the ``Call``, and is filled by
/// the time the reply is there.
///
/// Over a wire the request for it costs a bit and the reply a line of text; calls without it pay nothing.
public final class ReportedTimings: Sendable {
    /// A part of the time that the service took; ``ServerTimings/parts`` says which there are.
    public struct TimedPart: Sendable, Hashable {
        /// The name of the part, such as `queue`.
        public let name: String
        /// The time of the part.
        public let time: Duration

        /// A part of this name and time.
        public init(name: String, time: Duration) {
            self.name = name
            self.time = time
        }
    }

    /// As it came, for most of it is never read.
    private enum Recorded {
        case nothing
        case timings(ServerTimings)
        case header(String)
    }

    private let recorded = Mutex(Recorded.nothing)

    /// No timings yet.
    public init() {}

    /// In the order of a call's way. Empty if the service has reported none: it does not support that, or the call
    /// was given up.
    public var parts: [TimedPart] {
        switch recorded.withLock({ $0 }) {
        case .nothing: []
        case .timings(let timings): timings.parts.map { TimedPart(name: $0.name, time: .nanoseconds($0.nanoseconds)) }
        case .header(let header): Self.parts(of: header)
        }
    }

    func record(_ timings: ServerTimings) {
        recorded.withLock { $0 = .timings(timings) }
    }
}

extension ReportedTimings {
    /// More parts than this are no service of this kit's.
    private static let limit = 32

    /// The parts as the header `Server-Timing` writes them (W3C Server Timing), in milliseconds; `nil` without one.
    public var header: String? {
        let parts = parts
        guard !parts.isEmpty else { return nil }
        return parts.map { $0.name + ";dur=" + Self.milliseconds($0.time) }.joined(separator: ", ")
    }

    /// Records what a service has written into that header. Entries of another form, or without a time, are skipped.
    public func record(header: String) {
        recorded.withLock { $0 = .header(header) }
    }

    private static func parts(of header: String) -> [TimedPart] {
        var header = header
        return header.withUTF8 { text in
            var (parts, rest) = ([TimedPart](), text[...])
            while !rest.isEmpty, parts.count < limit {
                if let part = TimedPart(metric: rest.cut(at: UInt8(ascii: ","))) { parts.append(part) }
            }
            return parts
        }
    }

    /// To the nanosecond. It is written and read for every call to another service: by digits, not by
    /// formats.
    private static func milliseconds(_ time: Duration) -> String {
        let (whole, fraction) = max(time.nanoseconds, 0).quotientAndRemainder(dividingBy: 1_000_000)
        return "\(whole)." + String(1_000_000 + fraction).dropFirst()
    }
}

extension ReportedTimings.TimedPart {
    fileprivate init?(metric: Slice<UnsafeBufferPointer<UInt8>>) {
        var rest = metric
        let name = rest.cut(at: UInt8(ascii: ";")).trimmed
        guard !name.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let time = rest.cut(at: UInt8(ascii: ";")).trimmed.duration else { continue }
            self.init(name: String(decoding: name, as: UTF8.self), time: time)
            return
        }
        return nil
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    /// Cuts off what is before a separator, and the separator with it; all if there is none.
    fileprivate mutating func cut(at separator: UInt8) -> Self {
        let end = firstIndex(of: separator) ?? endIndex
        defer { self = self[end...].dropFirst() }
        return self[..<end]
    }

    /// Without spaces at its ends.
    fileprivate var trimmed: Self {
        guard let first = firstIndex(where: { $0 != UInt8(ascii: " ") }),
            let last = lastIndex(where: { $0 != UInt8(ascii: " ") })
        else { return self[endIndex...] }
        return self[first...last]
    }

    /// The time in a text like `dur=12.5`, in milliseconds, to the nanosecond; a minute at most.
    fileprivate var duration: Duration? {
        guard starts(with: "dur=".utf8) else { return nil }
        var (nanoseconds, unit, hasPoint): (Int64, Int64, Bool) = (0, 1_000_000, false)
        let digits = dropFirst(4)
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = Int64(byte - UInt8(ascii: "0"))
                if hasPoint { unit /= 10 }
                nanoseconds = hasPoint ? nanoseconds + digit * unit : nanoseconds * 10 + digit * unit
                guard nanoseconds <= 60_000_000_000 else { return nil }
            case UInt8(ascii: ".") where !hasPoint: hasPoint = true
            default: return nil
            }
        }
        return digits.first == UInt8(ascii: ".") || digits.isEmpty ? nil : .nanoseconds(nanoseconds)
    }
}

/// The parts of a call's time at the service, in nanoseconds. The client's round trip minus the sum is
/// network time.
public struct ServerTimings: Sendable, Hashable {
    /// From the read to the dispatcher.
    public var queue: Int64 = 0
    /// Waiting for the actor; near zero if front and actor share a thread.
    public var wait: Int64 = 0
    /// The checks of deadline, room, token and permission.
    public var access: Int64 = 0
    /// The reading and checking of the input.
    public var decode: Int64 = 0
    /// The actor's method, with the calls that it makes.
    public var handler: Int64 = 0
    /// The writing of the output.
    public var encode: Int64 = 0

    /// The time of the last split, in nanoseconds since any instant.
    private(set) var last: Int64

    /// Timings to test an observer with, all of zero.
    public init() {
        last = Self.now
    }

    /// Begins when the call comes to the dispatcher.
    init(from received: ContinuousClock.Instant) {
        queue = received.duration(to: .now).nanoseconds
        last = Self.now
    }

    /// The parts by their names, in the order of a call's way. One that a call did not come to is zero.
    public var parts: [(name: String, nanoseconds: Int64)] {
        [
            ("queue", queue), ("wait", wait), ("access", access), ("decode", decode), ("handler", handler),
            ("encode", encode),
        ]
    }

    /// The call goes no further: the time since the last split belongs to the part that has refused it, the first one
    /// after the wait that has no time yet.
    mutating func stop() {
        let rest = split()
        if access == 0 {
            access = rest
        } else if decode == 0 {
            decode = rest
        } else if handler == 0 {
            handler = rest
        } else {
            encode = rest
        }
    }

    /// The time since the last split.
    mutating func split() -> Int64 {
        let now = Self.now
        defer { last = now }
        return now - last
    }

    /// Read some times a call, and so without the 128 bits of an `Instant`.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
