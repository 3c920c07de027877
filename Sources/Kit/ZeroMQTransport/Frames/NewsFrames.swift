import Foundation
import RPC
import ZMTP
import ZeroMQ

/// A bulletin on the wire: three frames, of which the first is what SUB sockets choose by.
///
/// ```
/// F0  topic: the name of the endpoint that returns what was missed
/// F1  head: the line "N1", then the headers series and number
/// F2  body: JSON, or empty
/// ```
extension Bulletin {
    /// The protocol and its version.
    private static let line = "N1"
    /// The largest frame that a subscriber takes, in bytes. A larger one ends its connection.
    static let maxFrame = 1024 * 1024 + 4096

    private var head: Head {
        var head = Head(Self.line)
        head.add(.series, edition.series)
        head.add(.number, String(edition.number))
        return head
    }

    fileprivate func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        Array(topic.utf8).withUnsafeBytes { write($0, false) }
        head.bytes.withUnsafeBytes { write($0, false) }
        body.withUnsafeBytes { write($0, true) }
    }

    /// - Returns: `nil` for what is no bulletin of this version.
    init?(_ frames: Frames) {
        guard frames.isWhole, frames.count == 3, let head = try? Head(frames[1]), head.line == Self.line,
            let series = head[.series], let number = head[.number].flatMap({ Int($0) })
        else { return nil }
        self.init(
            topic: String(decoding: frames[0], as: UTF8.self), edition: Edition(series: series, number: number),
            body: Data(frames[2]))
    }
}

/// A bulletin to be sent.
struct OutboundBulletin: OutboundMessage {
    let bulletin: Bulletin

    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        bulletin.writeFrames(write)
    }
}
