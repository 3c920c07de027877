package import Foundation
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
        message.append(preamble.bytes)
        message.append(head)
        message.append(body)
    }
}
