import Testing

@testable import HTTPTransport

@Suite("The state of an HTTP connection")
struct HTTPConnectionStateTests {
    private func responding(isLast: Bool = false) -> HTTPConnectionState {
        var state = HTTPConnectionState()
        state.beginRequest(isLast: isLast)
        #expect(state.phase == .receiving && state.readsRequests)
        #expect(state.endRequest() == .none)
        #expect(state.phase == .responding && !state.readsRequests && !state.readsSocket && state.keepsInput)
        return state
    }

    @Test("goes from request to request")
    func keepAlive() {
        var state = responding()
        #expect(state.beginResponse(isOpen: true, hasInput: false) == false)
        #expect(state.endResponse(isOpen: true, isWritable: true) == .readNextRequest)
        #expect(state.phase == .idle && state.readsRequests && state.awaitInput() == .none)
    }

    @Test("holds the next request back until the client reads")
    func backpressure() {
        var state = responding()
        #expect(state.endResponse(isOpen: true, isWritable: false) == .none)
        #expect(state.phase == .flushing && !state.readsSocket && state.mayTimeOut(isWritable: false))
        #expect(state.becomeWritable() == .readNextRequest)
        #expect(state.becomeWritable() == .none)
    }

    @Test("reads nothing for a while after a refusal, and once more before it pauses again")
    func pause() {
        var state = HTTPConnectionState()
        for _ in 1...2 {
            #expect(state.pause() && !state.readsSocket)
            state.resume()
            #expect(state.readsSocket)
            #expect(!state.pause() && state.readsSocket)
        }
    }

    @Test("ends after a response that is the last: the client wants it so, the front drains, or nothing can follow")
    func last() {
        var asked = responding(isLast: true)
        #expect(asked.beginResponse(isOpen: true, hasInput: true) == true)
        var drained = responding()
        #expect(drained.beginResponse(isOpen: false, hasInput: true) == true)
        var closed = responding()
        #expect(closed.closeInput() == .probe)
        #expect(closed.beginResponse(isOpen: true, hasInput: false) == true)
        for var state in [asked, drained] {
            #expect(state.endResponse(isOpen: true, isWritable: false) == .flush)
            #expect(state.phase == .lingering && state.readsSocket && !state.keepsInput && !state.readsRequests)
            #expect(state.finishOutput() == .closeOutput)
            #expect(state.closeInput() == .close)
        }
        #expect(closed.endResponse(isOpen: true, isWritable: true) == .flush)
        #expect(closed.finishOutput() == .close)
    }

    @Test("answers all that a client sent before it closed its half")
    func halfClosed() {
        var state = responding()
        #expect(state.closeInput() == .probe)
        #expect(state.beginResponse(isOpen: true, hasInput: true) == false)
        #expect(state.endResponse(isOpen: true, isWritable: true) == .readNextRequest)
        state.beginRequest(isLast: false)
        #expect(state.endRequest() == .none)
        #expect(state.endResponse(isOpen: true, isWritable: true) == .readNextRequest)
        #expect(state.awaitInput() == .flush)
        #expect(state.finishOutput() == .close)
    }

    @Test("ends if the client closes its half within a request, or between two")
    func cutOff() {
        var idle = HTTPConnectionState()
        #expect(idle.closeInput() == .flush)
        var receiving = HTTPConnectionState()
        receiving.beginRequest(isLast: false)
        #expect(receiving.closeInput() == .flush)
        #expect(receiving.phase == .lingering)
    }

    @Test("reads a refused request to its end before it closes the output")
    func refused() {
        var state = HTTPConnectionState()
        state.beginRequest(isLast: false)
        state.refuseRequest()
        #expect(state.beginResponse(isOpen: true, hasInput: true) == true)
        #expect(state.endResponse(isOpen: true, isWritable: true) == .flush)
        #expect(state.readsRequests && state.keepsInput)
        #expect(state.finishOutput() == .linger)
        #expect(state.endRequest() == .closeOutput)
        #expect(!state.keepsInput)
    }

    @Test("keeps nothing after what is no request, or after too much")
    func dropped() {
        var failed = HTTPConnectionState()
        failed.failInput()
        #expect(failed.phase == .responding && !failed.keepsInput)
        #expect(failed.endResponse(isOpen: true, isWritable: true) == .flush)
        #expect(failed.finishOutput() == .closeOutput)
        var ahead = responding()
        ahead.dropInput()
        #expect(!ahead.keepsInput)
        #expect(ahead.beginResponse(isOpen: true, hasInput: true) == true)
    }

    @Test("ends with the request it is at when the front stops")
    func quiescing() {
        var idle = HTTPConnectionState()
        #expect(idle.quiesce() == .close)
        var busy = responding()
        #expect(busy.quiesce() == .none)
        #expect(busy.endResponse(isOpen: true, isWritable: false) == .none)
        #expect(busy.becomeWritable() == .flush)
    }

    @Test("is closed when nothing happens, but not while a call runs")
    func timeOut() {
        #expect(HTTPConnectionState().mayTimeOut(isWritable: true))
        #expect(!responding().mayTimeOut(isWritable: true))
        #expect(responding().mayTimeOut(isWritable: false), "A stream that is not read.")
        var receiving = HTTPConnectionState()
        receiving.beginRequest(isLast: false)
        #expect(!receiving.mayTimeOut(isWritable: true))
    }
}
