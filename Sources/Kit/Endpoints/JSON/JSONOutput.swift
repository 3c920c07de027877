/// The text that `Encodable` types write to. One whose own `encode(to:)` goes back into a container that has ended gets an
/// `EncodingError`.
final class JSONOutput {
    /// Nothing that it does comes back here, so that two accesses at once cannot be.
    @exclusivity(unchecked) var text = JSONText()

    func write(_ value: some Encodable) throws {
        let start = text.bytes.count
        let depth = text.depth
        try value.encode(to: JSONNode(output: self))
        text.close(to: depth)
        // A type that encodes nothing is an empty object.
        if text.bytes.count == start { text.write(word: "{}") }
    }
}
