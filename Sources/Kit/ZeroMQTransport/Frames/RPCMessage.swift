package import Foundation
import ZeroMQ

/// A message to be sent: its three frames.
package struct RPCMessage: OutboundMessage, Sendable {
    package let preamble: Preamble
    package let head: [UInt8]
    package let body: Data

    package init(_ preamble: Preamble, _ head: Headers = Headers(), body: Data = Data()) {
        self.init(preamble, head: head.bytes, body: body)
    }

    init(_ preamble: Preamble, head: [UInt8], body: Data) {
        self.preamble = preamble
        self.head = head
        self.body = body
    }

    /// In bytes, all frames together.
    var size: Int { Preamble.size + head.count + body.count }

    package func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        preamble.withBytes { write($0, false) }
        head.withUnsafeBytes { write($0, false) }
        body.withUnsafeBytes { write($0, true) }
    }
}

/// A message on its way back, behind the envelope that the peer's message came with.
struct Enveloped: OutboundMessage {
    let envelope: [[UInt8]]
    let message: RPCMessage

    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        for frame in envelope { frame.withUnsafeBytes { write($0, false) } }
        message.writeFrames(write)
    }
}
