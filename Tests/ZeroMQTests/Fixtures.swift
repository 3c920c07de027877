internal import Foundation
internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// The time that a test waits for something that must come.
let patience = Duration.seconds(10)

func address(_ text: String) throws -> Address { try Address(text) }

/// Names that no other test uses.
enum Unique {
    private static let serial = Atomic<Int>(0)

    static func number() -> Int { serial.wrappingAdd(1, ordering: .relaxed).newValue }

    static func inproc() throws -> Address { try Address("inproc://test-\(number())") }

    /// A path in a directory that does not exist yet, and that goes with the process.
    static func path() -> String { "\(directory)/\(number())/run/a.sock" }

    private static let directory: String = {
        let path = "/tmp/zmq-test-\(getpid())"
        atexit { try? FileManager.default.removeItem(atPath: "/tmp/zmq-test-\(getpid())") }
        return path
    }()
}

extension Socket {
    /// Waits for a message and returns its frames.
    func next() throws -> [[UInt8]] {
        var message = Multipart(limit: 64)
        guard try next(into: &message) else { throw TimedOut() }
        return (0..<message.count).map { message.bytes(at: $0) }
    }

    func next(into message: inout Multipart) throws -> Bool {
        while try !receive(into: &message) {
            guard try waitUntilReadable(atMost: patience) else { return false }
        }
        return true
    }

    /// True if nothing comes for a short while.
    func staysSilent(for time: Duration = .milliseconds(150)) throws -> Bool {
        try !waitUntilReadable(atMost: time)
    }

    func sendText(_ text: String) throws -> SendResult { try send(Array(text.utf8)) }
}

extension Monitor {
    /// Waits for an event of that kind, passing over others.
    func wait(for kind: MonitorEvent.EventType) throws -> MonitorEvent {
        while true {
            while let event = try receive() {
                if event.kind == kind { return event }
            }
            guard try socket.waitUntilReadable(atMost: patience) else { throw TimedOut() }
        }
    }

    /// Waits for the end of a handshake, good or bad.
    func outcome() throws -> MonitorEvent.EventType {
        while true {
            while let event = try receive() {
                switch event.kind {
                case .handshakeSucceeded, .handshakeFailed: return event.kind
                default: continue
                }
            }
            guard try socket.waitUntilReadable(atMost: patience) else { throw TimedOut() }
        }
    }
}

struct TimedOut: Error {}

func countDescriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
}
