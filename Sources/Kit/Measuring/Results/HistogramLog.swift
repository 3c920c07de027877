public import Foundation
import Histogram

/// Histograms with their names, in HdrHistogram's log format 1.3 (`.hlog`), which its tools and plotters read: a line of
/// text for each, and in it the histogram in nanoseconds (V2, compressed, base64).
public struct HistogramLog: Sendable {
    /// The lines of the file.
    public private(set) var text: String
    private let length: Double

    /// - Parameters:
    ///   - start: when the measuring began.
    ///   - length: how long it took.
    public init(start: Date, length: Duration) {
        self.length = length / .seconds(1)
        let seconds = Self.decimal(start.timeIntervalSince1970)
        text = """
            #[Histogram log format version 1.3]
            #[StartTime: \(seconds) (seconds since epoch), \(start.formatted(.iso8601))]
            "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

            """
    }

    /// - Parameter tag: whose latencies they are; without commas and spaces, as the format wants it.
    public mutating func add(_ latencies: Latencies, tag: String) {
        let longest = Self.decimal(latencies.longest / .milliseconds(1))
        let histogram = Data(latencies.compressed).base64EncodedString()
        text += "Tag=\(tag),0.000,\(Self.decimal(length)),\(longest),\(histogram)\n"
    }

    private static func decimal(_ number: Double) -> String {
        number.formatted(
            .number.precision(.fractionLength(3)).grouping(.never).locale(.init(identifier: "en_US_POSIX")))
    }
}

extension Latencies {
    /// As `encodeIntoCompressedByteBuffer` of HdrHistogram's Java has it.
    fileprivate var compressed: [UInt8] {
        let stream = Zlib.stored(encoded)
        return bigEndian(UInt32(0x1c84_9314)) + bigEndian(UInt32(stream.count)) + stream
    }

    /// As `encodeIntoByteBuffer` has it: a head of 40 bytes, and the counts.
    private var encoded: [UInt8] {
        let counts = encodedCounts
        let head: [[UInt8]] = [
            bigEndian(UInt32(0x1c84_9313)), bigEndian(UInt32(counts.count)),
            bigEndian(UInt32(0)),  // the normalizing index offset
            bigEndian(UInt32(histogram.numberOfSignificantValueDigits.rawValue)),
            bigEndian(histogram.lowestDiscernibleValue), bigEndian(histogram.highestTrackableValue),
            bigEndian(1.0.bitPattern),  // one integer stands for one unit
        ]
        return head.flatMap(\.self) + counts
    }

    /// One number for each bucket up to the last that has a call, or a negative one for so many buckets that have none.
    private var encodedCounts: [UInt8] {
        var bytes: [UInt8] = []
        var next = 0
        for pair in pairs {
            let index = Self.index(of: pair[0])
            if index > next { bytes.appendZigZag(Int64(next - index)) }
            bytes.appendZigZag(Int64(clamping: pair[1]))
            next = index + 1
        }
        return bytes
    }

    /// The bucket of a value. Three digits take 2048 steps in the first power of two, and 1024 in each that follows.
    private static func index(of value: UInt64) -> Int {
        let exponent = 64 - 11 - (value | 2047).leadingZeroBitCount
        return exponent << 10 + Int(value >> UInt64(exponent))
    }
}

private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

extension [UInt8] {
    /// Appends a number as LEB128 of its zigzag form, of which the ninth byte has eight bits.
    fileprivate mutating func appendZigZag(_ number: Int64) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        for _ in 0..<8 {
            guard rest > 127 else { return append(UInt8(rest)) }
            append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

/// The zlib format (RFC 1950) without compression: stored blocks (RFC 1951, 3.2.4).
private enum Zlib {
    private static let maxBlock = 65_535

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: bytes.count, by: maxBlock) {
            let block = bytes[start..<min(start + maxBlock, bytes.count)]
            let length = UInt16(block.count)
            stream.append(block.endIndex == bytes.count ? 1 : 0)
            for number in [length, ~length] { stream += [UInt8(number & 255), UInt8(number >> 8)] }
            stream += block
        }
        return stream + bigEndian(checksum(bytes))
    }

    /// Adler-32.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var (first, second): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            first = (first + UInt32(byte)) % 65_521
            second = (second + first) % 65_521
        }
        return second << 16 | first
    }
}
