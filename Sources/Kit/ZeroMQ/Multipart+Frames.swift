package import ZMTP

extension Multipart {
    /// Lends the frames from one on, as long as this message is neither changed nor gone.
    package func borrow(to frames: inout Frames, from start: Int = 0) {
        frames.removeAll()
        for index in start..<max(start, count) { withBytes(at: index) { frames.append($0) } }
        for _ in max(start, count)..<max(start, count, frameCount) { frames.pass() }
    }
}
