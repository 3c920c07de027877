/// A JSON text that is being written, front to back, by `Encodable` types.
///
/// It keeps no tree: an object or array ends as soon as something is written to one that it is in. A type whose own
/// `encode(to:)` goes back into a container that has ended so gets an `EncodingError`.
final class JSONOutput {
    private(set) var bytes: [UInt8] = []
    /// The objects and arrays that have begun and not ended, outermost first.
    private var open: [Open] = []

    private struct Open {
        let id: Int
        let end: UInt8
        var isEmpty = true
    }

    private var lastID = 0

    init() {
        bytes.reserveCapacity(128)
    }

    func write<Value: Encodable>(_ value: Value) throws {
        if let scalar = value as? any JSONScalar {
            try scalar.append(to: &bytes)
            return
        }
        let start = bytes.count
        let depth = open.count
        try value.encode(to: JSONNode(output: self))
        close(to: depth)
        // A type that encodes nothing is an empty object.
        if bytes.count == start { bytes.append(contentsOf: "{}".utf8) }
    }

    func writeNull() {
        bytes.append(contentsOf: "null".utf8)
    }

    /// Begins an object or an array.
    func begin(_ start: Unicode.Scalar, _ end: Unicode.Scalar) -> Place {
        bytes.append(UInt8(ascii: start))
        lastID += 1
        open.append(Open(id: lastID, end: UInt8(ascii: end)))
        return Place(index: open.count - 1, id: lastID)
    }

    /// An object or array, where it stands among those that are open.
    struct Place {
        fileprivate let index: Int
        fileprivate let id: Int
    }

    /// Ends what has begun within, and writes the comma before the next element.
    func next(in place: Place) throws {
        guard place.index < open.count, open[place.index].id == place.id else {
            let reason = "A container has ended when another one was written to; write one after the other."
            throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: reason))
        }
        close(to: place.index + 1)
        if open[place.index].isEmpty {
            open[place.index].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
    }

    func next(in place: Place, named key: any CodingKey) throws {
        try next(in: place)
        key.stringValue.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Ends objects and arrays, until so many are open.
    func close(to depth: Int) {
        while open.count > depth, let last = open.popLast() { bytes.append(last.end) }
    }
}
