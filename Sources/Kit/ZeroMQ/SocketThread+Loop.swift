internal import CZeroMQ
internal import Glibc
internal import Synchronization

extension SocketThread {
    /// Jobs that are left after so many rounds at the end keep making new ones; they go on as late jobs.
    private static let finalRounds = 64

    /// Receive → run jobs → send what they wrote → look again → only then poll.
    func main() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        nameThisThread(name)
        while !queue.isStopping {
            let isBusy = loop.drain()
            runJobs()
            loop.flush()
            if isBusy || !queue.fallAsleep() { continue }
            let isWoken = loop.poll()
            queue.wakeUp()
            if isWoken { wake.clear() }
        }
        finish()
    }

    @discardableResult
    private func runJobs() -> Bool {
        guard queue.take(into: &loop.running) else { return false }
        for job in loop.running { run(job) }
        loop.running.removeAll(keepingCapacity: true)
        return true
    }

    private func finish() {
        var rounds = 0
        while rounds < Self.finalRounds, runJobs() { rounds += 1 }
        loop.closeAll()
        _ = runJobs()
        let (waiters, reaction) = queue.end { owner.store(0, ordering: .relaxed) }
        react(to: reaction)
        for waiter in waiters { waiter.resume() }
    }

    /// Watches a socket, from the thread only, until it is detached or closed.
    ///
    /// `drain` is called when there may be messages. It receives until nothing is left or `limit` messages are taken, and
    /// returns how many it took; 0 lets the thread sleep. Formed inside an actor of this thread, it is isolated to that
    /// actor: it calls its methods directly, and a `Task.immediate` in it starts in place.
    @discardableResult
    public func attach(_ socket: Socket, drain: @escaping (_ limit: Int) -> Int) -> PollRegistration {
        preconditionIsolated("a socket is attached on its thread")
        let attachment = PollRegistration(
            .socket(socket, drain: drain), descriptor: socket.descriptor, interest: .readable)
        socket.attachment = attachment
        return loop.add(attachment)
    }

    /// Watches a plain descriptor, from the thread only, until it is detached. It stays its owner's: detach, then close.
    ///
    /// `onReady` is called with what the descriptor is ready for, as long as it is (level-triggered).
    @discardableResult
    public func attach(
        descriptor: Int32, for interest: PollRegistration.Readiness = .readable,
        onReady: @escaping (PollRegistration.Readiness) -> Void
    ) -> PollRegistration {
        preconditionIsolated("a descriptor is attached on its thread")
        return loop.add(PollRegistration(.descriptor(onReady: onReady), descriptor: descriptor, interest: interest))
    }

    /// Forgets a socket or descriptor, from the thread only; neither is closed. Its closure is not called again.
    public func detach(_ attachment: PollRegistration) {
        preconditionIsolated("a socket is detached on its thread")
        attachment.detach()
    }

    /// Calls `flush()` at the end of this turn of the thread or before, from the thread only.
    func flushSoon(_ writer: any Flushable) {
        loop.flushSoon(writer)
    }

    /// Lends memory to read into, from the thread only, to one at a time.
    func withScratch<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        body(loop.scratch)
    }
}
