import Foundation
import Synchronization

/// Where the time of one call goes, for a caller that wants to know: it goes out with the ``Call``, and is filled by the
/// time the reply is there.
///
/// Over a wire the question costs a bit and the answer a line of text, so that calls which do not ask pay nothing.
public final class Timing: Sendable {
    /// A part of the time that the service took; ``Ledger/parts`` says which there are.
    public struct Part: Sendable, Hashable {
        public let name: String
        public let time: Duration

        public init(name: String, time: Duration) {
            self.name = name
            self.time = time
        }
    }

    private let noted = Mutex<[Part]>([])

    public init() {}

    /// In the order of a call's way. Empty where the service has not said: it does not know the question, or the call was
    /// given up.
    public var parts: [Part] { noted.withLock { $0 } }

    func note(_ ledger: Ledger) {
        let parts = ledger.parts.map { Part(name: $0.name, time: .nanoseconds($0.nanoseconds)) }
        noted.withLock { $0 = parts }
    }
}

extension Timing {
    /// More parts than this are no service of this kit's.
    private static let limit = 32

    /// The parts as the header `Server-Timing` writes them (W3C Server Timing), in milliseconds; `nil` without one.
    package var header: String? {
        let parts = parts
        guard !parts.isEmpty else { return nil }
        return parts.map { part in
            part.name + ";dur=" + String(format: "%.6f", part.time / .milliseconds(1))
        }.joined(separator: ", ")
    }

    /// Takes over what a service says in that header. What is not of its form, or has no time, is passed over.
    package func note(header: String) {
        let parts = header.split(separator: ",").prefix(Self.limit).compactMap { Part(metric: $0) }
        noted.withLock { $0 = parts }
    }
}

extension Timing.Part {
    fileprivate init?(metric: Substring) {
        let words = metric.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let name = words.first, !name.isEmpty,
            let text = words.dropFirst().first(where: { $0.hasPrefix("dur=") })?.dropFirst(4),
            let milliseconds = Double(text), (0...60_000).contains(milliseconds)
        else { return nil }
        self.init(name: name, time: .milliseconds(milliseconds))
    }
}
