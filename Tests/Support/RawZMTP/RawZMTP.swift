internal import ZMTP
internal import ZeroMQ

/// A message of any frames, for peers that speak no protocol above ZMTP.
package struct FrameList: OutboundMessage {
    package let frames: [[UInt8]]

    package init(_ frames: [[UInt8]]) {
        self.frames = frames
    }

    package func writeFrames(_ write: (UnsafeRawBufferPointer, Bool) -> Void) {
        for (index, frame) in frames.enumerated() {
            frame.withUnsafeBytes { write($0, index == frames.count - 1) }
        }
    }
}

/// Returns the greeting of a socket without security, and its READY, which says the type.
package func openingBytes(of type: String) -> [UInt8] {
    var bytes = ZMTPGreeting.bytes + [4, UInt8(22 + type.utf8.count), 5]
    bytes += Array("READY".utf8) + [11] + Array("Socket-Type".utf8)
    bytes += [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8)
    return bytes
}
