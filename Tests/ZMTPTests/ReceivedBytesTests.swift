import Testing
import ZMTP

@Suite("Bytes that have come")
struct ReceivedBytesTests {
    @Test("are moved seldom, however little each of many frames wants")
    func smallFrames() {
        let received = ReceivedBytes(capacity: 16)
        let frame = [UInt8](repeating: 7, count: 16)
        var places: [UnsafeRawPointer?] = []
        for number in 1...65_536 {
            frame.withUnsafeBytes { received.append($0, expecting: 16 * number) }
            if places.last != received.bytes.baseAddress { places.append(received.bytes.baseAddress) }
        }
        #expect(received.count == 1 << 20 && received.bytes.allSatisfy { $0 == 7 })
        #expect(places.count <= 20)
    }

    @Test("of a large frame have the room at once that all of it wants, and no more")
    func largeFrame() {
        let received = ReceivedBytes(capacity: 16)
        [UInt8](repeating: 7, count: 16).withUnsafeBytes { received.append($0, expecting: 1 << 20) }
        #expect(received.capacity == 1 << 20)
    }
}
