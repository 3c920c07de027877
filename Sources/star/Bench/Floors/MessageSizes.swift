import RPC
import ZeroMQTransport

/// The lengths of the frames of the kit's messages, in bytes, so that the floors carry the same.
struct MessageSizes {
    static let preamble = Preamble.size
    /// The status.
    static let replyHead = 4
    /// `{"current_time":"2026-11-23T12:00:00+00:00"}`
    static let smallReplyBody = 44

    let requestHead: Int
    let requestBody: Int

    init(_ payload: Int) {
        var head = Headers("resource.current_time")
        head.add(.token, String(repeating: "x", count: 330))
        head.add(.traceparent, TraceContext.root().header)
        requestHead = head.bytes.count
        requestBody = payload == 0 ? 2 : payload + #"{"text":""}"#.utf8.count
    }

    /// An echo is as long as what came, and all else is the time.
    static func replyBody(_ requestBody: Int) -> Int { requestBody > 2 ? requestBody : smallReplyBody }

    static let longest = 2 << 20
}
