import Endpoints
import Foundation
import Logging
import RPC
import ZMTP
import ZeroMQ

extension ZeroMQFront {
    /// Begins a call after those that wait already, and after all that was read together with it: its cancellation may be
    /// there.
    func beginInTurn(_ request: UnbegunCall) {
        request.peer.queuedCalls += 1
        queue.append(request)
        if queue.count == 1 { Task { beginQueued() } }
    }

    /// Begins calls for a while, and lets others have the thread before the next ones.
    private func beginQueued() {
        let start = ContinuousClock.now
        let end = queue.turnEnd(from: start)
        var (now, count) = (start, 0)
        while now < end, let request = queue.popFirst() {
            beginQueued(request)
            count += 1
            now = .now
        }
        queue.endTurn(of: count, from: start, at: now)
        if !queue.isEmpty { Task { beginQueued() } }
    }

    private func beginQueued(_ request: UnbegunCall) {
        var request = request
        request.peer.queuedCalls -= 1
        let isAbandoned =
            peers[request.path.peer] !== request.peer || request.peer.hasCancelled(CallID(request.id, request.path))
        if isAbandoned { request.call.rejection = .cancelled }
        begin(request)
    }

    /// The id of a message that is certainly a call and could not be begun in good time. That is found without reading its head,
    /// so that refusing a call costs next to nothing of the time of those that can be handled.
    func hopelessCall(in frames: Frames, of peer: Peer?) -> UInt64? {
        guard !queue.isEmpty, frames.isWhole, frames.count == 3,
            case .preamble(let preamble) = Preamble.read(frames[0]),
            preamble.kind == .request, preamble.time > 0, let first = frames[1].first, first != UInt8(ascii: "_")
        else { return nil }
        let age = Duration.milliseconds(SendTime(in: frames[1]).flatMap { peer?.transit.age(of: $0) } ?? 0)
        let remaining = .milliseconds(Int(preamble.time)) - age
        let canKeep = queue.canKeep(remaining, after: min(age, thread.idleUntil.duration(to: .now)))
        return canKeep ? nil : preamble.id
    }

    /// Refuses a call that is not begun, without a line in the log for each.
    func refuseQuickly(_ id: UInt64, _ path: ReplyRoute) {
        counters.overloaded += 1
        overload.warn("Calls are refused: more come than can be answered in time")
        let preamble = Preamble(.reply, id: id, time: Self.refusal.retryAfter)
        send(RPCMessage(preamble, head: Self.refusalHead, body: Self.refusalBody), to: path)
    }

    private static let refusal = Reply.failure(.overloaded("Too many calls wait for their turn."))
    private static let refusalHead = Headers(refusal, to: Call("")).bytes
    private static let refusalBody = refusal.body(traceID: "")
}
