extension Message {
    /// The message in protobuf's binary format.
    var protobuf: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields { field.write(to: &bytes) }
        return bytes
    }
}

extension Message.Field {
    /// The layout of a value, as a field's key has it (“wire type” in protobuf's documents).
    private enum Layout: UInt64 {
        case varint = 0
        case fixed64 = 1
        case delimited = 2
        case fixed32 = 5
    }

    fileprivate func write(to bytes: inout [UInt8]) {
        switch value {
        case .text(let text): write(Array(text.utf8), to: &bytes)
        case .id(let digits): write(digits.hexadecimalBytes, to: &bytes)
        case .message(let message): write(message.protobuf, to: &bytes)
        case .list(let messages): for message in messages { write(message.protobuf, to: &bytes) }
        case .bool(let flag): write(varint: flag ? 1 : 0, to: &bytes)
        case .small(let number): write(varint: UInt64(bitPattern: Int64(number)), to: &bytes)
        case .int64(let number): write(varint: UInt64(bitPattern: number), to: &bytes)
        case .double(let number): write(number.bitPattern, .fixed64, to: &bytes)
        case .fixed64(let number): write(number, .fixed64, to: &bytes)
        case .fixed32(let number): write(number, .fixed32, to: &bytes)
        }
    }

    private func write(_ content: [UInt8], to bytes: inout [UInt8]) {
        write(key: .delimited, to: &bytes)
        bytes.append(varint: UInt64(content.count))
        bytes += content
    }

    private func write(varint number: UInt64, to bytes: inout [UInt8]) {
        write(key: .varint, to: &bytes)
        bytes.append(varint: number)
    }

    private func write(_ number: some FixedWidthInteger, _ layout: Layout, to bytes: inout [UInt8]) {
        write(key: layout, to: &bytes)
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    private func write(key layout: Layout, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(number) << 3 | layout.rawValue)
    }
}

extension [UInt8] {
    fileprivate mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

extension String {
    fileprivate var hexadecimalBytes: [UInt8] {
        let digits = utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
