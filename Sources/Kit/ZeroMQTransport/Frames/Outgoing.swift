package import Foundation
package import ZMTP
package import ZeroMQ

/// A message to be sent: its three frames.
package struct Outgoing: Sendable {
    package let preamble: Preamble
    package let head: [UInt8]
    package let body: Data

    package init(_ preamble: Preamble, _ head: Head = Head(), body: Data = Data()) {
        self.preamble = preamble
        self.head = head.bytes
        self.body = body
    }

    /// In bytes, all frames together.
    var size: Int { Preamble.size + head.count + body.count }

    package func write(to message: inout Multipart) {
        preamble.withBytes { message.append(copying: $0) }
        message.append(head)
        message.append(body)
    }

    package func write(to writer: inout FrameWriter) {
        preamble.withBytes { writer.append(frame: $0, isLast: false) }
        head.withUnsafeBytes { writer.append(frame: $0, isLast: false) }
        body.withUnsafeBytes { writer.append(frame: $0, isLast: true) }
    }
}
