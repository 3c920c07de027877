import Foundation
import RPC
import ZeroMQ

/// A bulletin on the wire: three frames, of which the first is what SUB sockets choose by.
///
/// ```
/// F0  topic: the name of the endpoint that tells what was missed
/// F1  head: the line "N1", then the headers series and number
/// F2  body: JSON, or empty
/// ```
extension Bulletin {
    /// The protocol and its version.
    private static let line = "N1"

    func write(to message: inout Multipart) {
        var head = Head(Self.line)
        head.add(.series, edition.series)
        head.add(.number, String(edition.number))
        message.append(topic)
        message.append(head.bytes)
        message.append(body)
    }

    /// - Returns: `nil` for what is no bulletin of this version.
    init?(_ message: borrowing Multipart) {
        guard message.frameCount == 3, let head = try? message.withBytes(at: 1, { try Head($0) }),
            head.line == Self.line, let series = head[.series], let number = head[.number].flatMap({ Int($0) })
        else { return nil }
        self.init(
            topic: message.text(at: 0), edition: Edition(series: series, number: number),
            body: message.withBytes(at: 2) { Data($0) })
    }
}
