import Synchronization

/// Where a call stands in its trace (W3C Trace Context, `traceparent`, version 00).
public struct TraceContext: Sendable, Hashable {
    private let traceHigh: UInt64
    private let traceLow: UInt64
    private let span: UInt64
    private let flags: UInt8

    /// The first call of a new trace.
    public static func root() -> TraceContext {
        TraceContext(traceHigh: Identifiers.next(), traceLow: Identifiers.next(), span: Identifiers.next(), flags: 1)
    }

    /// A call that this one causes: the same trace, its own span.
    public func child() -> TraceContext {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, span: Identifiers.next(), flags: flags)
    }

    /// 32 lower-case hexadecimal digits. By it a person finds the log lines of a request in every service it passed.
    public var traceID: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        digits.append(hexadecimal: traceHigh)
        digits.append(hexadecimal: traceLow)
        return String(decoding: digits, as: UTF8.self)
    }

    /// The value of the header `traceparent`.
    public var header: String {
        var text = Array("00-".utf8)
        text.reserveCapacity(55)
        text.append(hexadecimal: traceHigh)
        text.append(hexadecimal: traceLow)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: span)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: flags)
        return String(decoding: text, as: UTF8.self)
    }

    private init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }
}

extension TraceContext {
    /// Reads the header `traceparent`; `nil` where it is not well-formed or all zero, and a new trace must begin.
    public init?(header: String) {
        let parts = header.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[0].elementsEqual("00".utf8) ? parts.count == 4 : true,
            !parts[0].elementsEqual("ff".utf8), Self.number(parts[0], as: UInt8.self) != nil,
            parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
            let high = Self.number(parts[1].prefix(16), as: UInt64.self),
            let low = Self.number(parts[1].suffix(16), as: UInt64.self),
            let span = Self.number(parts[2], as: UInt64.self), let flags = Self.number(parts[3], as: UInt8.self),
            high | low != 0, span != 0
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: flags)
    }

    private static func number<Number: FixedWidthInteger>(
        _ digits: Substring.UTF8View, as: Number.Type
    ) -> Number? {
        var value: Number = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | Number(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | Number(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// Numbers that hardly ever repeat, for traces. They are no secret: SplitMix64 over a counter with a random start.
enum Identifiers {
    private static let counter = Atomic<UInt64>(UInt64.random(in: 0 ... .max))

    static func next() -> UInt64 {
        var mixed = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return max(1, mixed ^ (mixed >> 31))
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(hexadecimal number: Number) {
        for shift in stride(from: Number.bitWidth - 4, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
