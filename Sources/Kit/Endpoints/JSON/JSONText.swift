/// A JSON text that is being written, front to back.
///
/// It keeps no tree: an object or array ends as soon as something is written to one that it is in.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    /// The objects and arrays that have begun and not ended, outermost first.
    private var open: [Open] = []
    private var lastID = 0

    private struct Open {
        let id: Int
        let end: UInt8
        var isEmpty = true
    }

    /// An object or array, where it stands among those that are open.
    struct Place {
        fileprivate let index: Int
        fileprivate let id: Int
    }

    init() {
        bytes.reserveCapacity(128)
    }

    /// The number of objects and arrays that are open.
    var depth: Int { open.count }

    mutating func write(_ scalar: some JSONScalar) throws {
        try scalar.append(to: &bytes)
    }

    mutating func write(word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// Begins an object or an array.
    mutating func begin(_ start: Unicode.Scalar, _ end: Unicode.Scalar) -> Place {
        bytes.append(UInt8(ascii: start))
        lastID += 1
        open.append(Open(id: lastID, end: UInt8(ascii: end)))
        return Place(index: open.count - 1, id: lastID)
    }

    /// Ends what has begun within, and writes the comma before the next element.
    mutating func next(in place: Place) throws {
        guard place.index < open.count, open[place.index].id == place.id else {
            let reason = "A container has ended when another one was written to; write one after the other."
            throw EncodingError.invalidValue(bytes, .init(codingPath: [], debugDescription: reason))
        }
        close(to: place.index + 1)
        if open[place.index].isEmpty {
            open[place.index].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
    }

    mutating func next(in place: Place, named key: String) throws {
        try next(in: place)
        key.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Ends objects and arrays, until so many are open.
    mutating func close(to depth: Int) {
        while open.count > depth, let last = open.popLast() { bytes.append(last.end) }
    }
}
