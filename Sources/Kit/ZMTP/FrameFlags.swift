/// The first byte of a frame (RFC 37, section "Framing").
struct FrameFlags: OptionSet {
    let rawValue: UInt8

    /// Another frame of the message follows.
    static let more = FrameFlags(rawValue: 1)
    /// The size has eight bytes in place of one.
    static let long = FrameFlags(rawValue: 2)
    static let command = FrameFlags(rawValue: 4)

    static let known: FrameFlags = [.more, .long, .command]
}
