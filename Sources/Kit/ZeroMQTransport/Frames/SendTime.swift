import Foundation
import RPC

/// The instant at which a message was written, by its sender's clock: the header `sent`, `<milliseconds> <clock>`.
///
/// Neither a Unix socket nor libzmq says when a message arrived. With this, a receiver that was frozen or overloaded knows
/// how long the message has waited in sockets and queues.
package struct SendTime: Equatable, Sendable {
    /// A reading of the clock, from any beginning.
    let milliseconds: Int64
    /// The clock. Readings of one can be compared.
    let clock: ClockName

    private static let maxDigits = 18

    /// - Returns: `nil` for anything but 1 to 18 digits, a space, and a name.
    init?(_ header: UnsafeRawBufferPointer) {
        var milliseconds: Int64 = 0
        var index = 0
        while index < header.count, index < Self.maxDigits, case let digit = header[index] &- UInt8(ascii: "0"),
            digit < 10
        {
            milliseconds = milliseconds * 10 + Int64(digit)
            index += 1
        }
        guard index > 0, index + 1 < header.count, header[index] == UInt8(ascii: " ") else { return nil }
        self.milliseconds = milliseconds
        clock = ClockName(UnsafeRawBufferPointer(rebasing: header[(index + 1)...]))
    }
}

extension SendTime {
    private static let start: StaticString = "sent: "

    /// Finds the header in a head that is not read.
    init?(in head: UnsafeRawBufferPointer) {
        var lines = HeadLines(head)
        while let line = lines.next() {
            guard head[line].starts(with: Self.start.utf8) else { continue }
            self.init(UnsafeRawBufferPointer(rebasing: head[line].dropFirst(Self.start.utf8CodeUnitCount)))
            return
        }
        return nil
    }
}

extension SendTime {
    /// The time since then in milliseconds, if this machine's clock was read; `nil` for another one, of which only ``TransitTime``
    /// can know something.
    ///
    /// - Parameter now: a reading of ``SendClock/milliseconds``.
    func age(at now: Int64 = SendClock.milliseconds) -> Int64? {
        guard clock == SendClock.machineName, now >= milliseconds else { return nil }
        return min(now - milliseconds, TransitTime.maxAge)
    }
}

/// The name of a clock, as far as names must be distinguished (FNV-1a).
struct ClockName: Equatable, Sendable {
    private let hash: UInt64

    init(_ name: UnsafeRawBufferPointer) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        self.hash = hash
    }

    init(_ name: String) {
        var name = name
        self = name.withUTF8 { ClockName(UnsafeRawBufferPointer($0)) }
    }
}

/// The clock by which this process dates its messages.
package struct SendClock: Sendable {
    private(set) var name: String

    /// This machine's clock: all its processes have it in common.
    package init() {
        name = Self.machine ?? Self.randomName()
    }

    /// The value of the header `sent` for a message that is written now.
    mutating func reading() -> String {
        let now = Self.milliseconds
        if now != last.milliseconds { last = (now, String(now) + " " + name) }
        return last.text
    }

    /// Many messages are written within a millisecond.
    private var last: (milliseconds: Int64, text: String) = (.min, "")

    /// Takes another name, so that no earlier reading counts: a server found a message late that was not.
    mutating func rename() {
        name = Self.randomName()
        last.milliseconds = .min
    }

    /// Neither set nor slewed, so that two machines' readings stay at one distance, but for their drift.
    static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_RAW, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The beginning of the system's boot id; `nil` without one, and in a time namespace, whose clock is its own.
    static let machine: String? = {
        let initialNamespace = "time:[4026531834]"
        let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/time")
        guard namespace == nil || namespace == initialNamespace,
            let bootID = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            bootID.utf8.count >= 8
        else { return nil }
        return String(bootID.prefix(8))
    }()

    /// As a message names it.
    static let machineName = machine.map { ClockName($0) }

    private static func randomName() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
}

/// Estimates how long the messages of one peer were under way.
///
/// On one machine a reading is compared with the machine's own clock. Otherwise the smallest difference of the clocks that
/// was seen, as RFC 6817 (LEDBAT) measures it, stands for a message that was not held up; it begins with the HELLO.
struct TransitTime: Sendable {
    private var clock: ClockName?
    private var base: Int64 = 0
    private var baseTime: Int64 = 0

    /// Clocks drift apart, but not by more than a thousandth.
    private static let driftDivisor: Int64 = 1000
    /// Beyond the longest deadline an age says no more: a clock that is wrong, as after a machine was suspended, is not to
    /// count as years that a call took.
    fileprivate static let maxAge = Int64(Dispatcher.maxDeadline / .milliseconds(1))

    /// The time that a message was under way, in milliseconds.
    ///
    /// - Parameter now: a reading of ``SendClock/milliseconds``.
    mutating func age(of sent: SendTime, at now: Int64 = SendClock.milliseconds) -> Int64 {
        if let age = sent.age(at: now) { return age }
        let difference = now - sent.milliseconds
        let allowed = base + (now - baseTime) / Self.driftDivisor
        guard sent.clock == clock, difference > allowed else {
            (clock, base, baseTime) = (sent.clock, difference, now)
            return 0
        }
        return min(difference - allowed, Self.maxAge)
    }
}
