import Foundation
import RPC
import ZMTP
import ZeroMQ

/// An event on the wire: three frames, of which the first is what SUB sockets filter by.
///
/// ```
/// F0  topic: the name of the endpoint that returns what was missed
/// F1  head: the line "E1", then the headers epoch and sequence
/// F2  body: JSON, or empty
/// ```
extension Event {
    /// The protocol and its version.
    private static let line = "E1"
    /// The largest frame that a subscriber accepts, in bytes. A larger one ends its connection.
    static let maxFrame = 1024 * 1024 + 4096

    private var head: Headers {
        var head = Headers(Self.line)
        head.add(.epoch, position.epoch)
        head.add(.sequence, String(position.sequence))
        return head
    }

    fileprivate func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        Array(topic.utf8).withUnsafeBytes { write($0, false) }
        head.bytes.withUnsafeBytes { write($0, false) }
        body.withUnsafeBytes { write($0, true) }
    }

    /// - Returns: `nil` for what is no event of this version.
    init?(_ frames: Frames) {
        guard frames.isWhole, frames.count == 3, let head = try? Headers(frames[1]), head.line == Self.line,
            let epoch = head[.epoch], let sequence = head[.sequence].flatMap({ Int($0) })
        else { return nil }
        self.init(
            topic: String(decoding: frames[0], as: UTF8.self),
            position: StreamPosition(epoch: epoch, sequence: sequence),
            body: frames.data(at: 2))
    }
}

/// An event to be sent.
struct OutboundEvent: OutboundMessage {
    let event: Event

    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        event.writeFrames(write)
    }
}
