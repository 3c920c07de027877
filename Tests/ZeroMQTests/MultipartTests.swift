internal import FoundationEssentials
internal import Testing
internal import ZeroMQ

@Suite("A message", .timeLimit(.minutes(1)))
struct MultipartTests {
    private func pair() throws -> (Socket, Socket) {
        let context = try Context()
        let address = try Unique.inproc()
        let left = try Socket(.pair, in: context)
        let right = try Socket(.pair, in: context)
        try left.bind(address)
        try right.connect(address)
        return (left, right)
    }

    @Test("arrives with every frame, empty and large ones too")
    func frames() throws {
        let (left, right) = try pair()
        let frames: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 100_000), Array("text".utf8)]
        #expect(try left.send(frames[0], frames[1], frames[2], frames[3]) == .sent)
        #expect(try right.next() == frames)
    }

    @Test("of ten thousand frames keeps its limit, counts the rest, and does not stick in the socket")
    func manyFrames() throws {
        let (left, right) = try pair()
        var large = Multipart()
        for index in 0..<10_000 { large.append("frame \(index)") }
        #expect(large.count == 10_000)
        #expect(try left.send(&large) == .sent)
        #expect(large.isEmpty == true)
        #expect(try left.sendText("next") == .sent)
        var message = Multipart(limit: 3)
        #expect(try right.next(into: &message))
        #expect(message.count == 3)
        #expect(message.frameCount == 10_000)
        #expect(message.isWhole == false)
        #expect(message.text(at: 2) == "frame 2")
        #expect(try right.next(into: &message))
        #expect(message.isWhole == true)
        #expect(message.text(at: 0) == "next")
    }

    @Test("that is not there leaves the buffer empty")
    func nothing() throws {
        let (left, right) = try pair()
        var message = Multipart()
        message.append("old")
        #expect(try right.receive(into: &message) == false)
        #expect(message.isEmpty == true)
        #expect(throws: ZeroMQError.self) { try left.send() }
    }

    @Test("hands a large body over without a copy")
    func zeroCopy() throws {
        let (left, right) = try pair()
        let body = LargeBody(size: 1 << 20)
        let start = UInt(bitPattern: body.bytes.baseAddress)
        var message = Multipart()
        message.append(UnsafeRawBufferPointer(body.bytes), ownedBy: body)
        #expect(try left.send(&message) == .sent)
        var received = Multipart()
        #expect(try right.next(into: &received))
        #expect(received.withBytes(at: 0) { UInt(bitPattern: $0.baseAddress) } == start)
    }

    @Test("releases the owner of a large body once nobody reads it")
    func ownerReleased() throws {
        let (left, right) = try pair()
        weak var watched: LargeBody?
        func sendBody() throws {
            let body = LargeBody(size: 1 << 20)
            watched = body
            var message = Multipart()
            message.append(UnsafeRawBufferPointer(body.bytes), ownedBy: body)
            #expect(try left.send(&message) == .sent)
        }
        try sendBody()
        #expect(watched != nil)
        var received = Multipart()
        #expect(try right.next(into: &received))
        received.removeAll()
        #expect(watched == nil)
    }

    @Test("carries an array and Data as they were, though their owners change them at once")
    func copyOnWrite() throws {
        let (left, right) = try pair()
        var array = [UInt8](repeating: 1, count: 50_000)
        var data = Data(repeating: 2, count: 50_000)
        var message = Multipart()
        message.append(array)
        message.append(data)
        array[0] = 9
        data[0] = 9
        #expect(try left.send(&message) == .sent)
        let received = try right.next()
        #expect(received == [[UInt8](repeating: 1, count: 50_000), [UInt8](repeating: 2, count: 50_000)])
    }

    @Test("shares a frame with another message")
    func sharedFrame() throws {
        let (left, right) = try pair()
        #expect(try left.send(Array("id".utf8), Array("body".utf8)) == .sent)
        var request = Multipart()
        #expect(try right.next(into: &request))
        var reply = Multipart()
        reply.append(frame: 0, of: request)
        reply.append("answer")
        #expect(try right.send(&reply) == .sent)
        #expect(try left.next() == [Array("id".utf8), Array("answer".utf8)])
        #expect(request.text(at: 0) == "id")
    }
}

private final class LargeBody: BufferOwner {
    // Written only in init; read by libzmq.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(size: Int) {
        bytes = .allocate(byteCount: size, alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: 5)
    }

    deinit { bytes.deallocate() }
}
