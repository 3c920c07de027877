internal import CEvents
internal import Glibc

/// One timer on a `SocketThread`: set, set anew, or called off, on that thread only. It is released with its last
/// reference.
final class ThreadTimer {
    private let descriptor: Int32
    private let thread: SocketThread
    private var attachment: PollRegistration?

    /// - Throws: `ZeroMQError` `EMFILE` where the system has no descriptor left.
    init(on thread: SocketThread, _ ring: @escaping () -> Void) throws(ZeroMQError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system("make a timer") }
        self.thread = thread
        let descriptor = descriptor
        attachment = thread.attach(descriptor: descriptor) { _ in
            var count: UInt64 = 0
            if Glibc.read(descriptor, &count, 8) == 8 { ring() }
        }
    }

    deinit { cancel() }

    /// Rings once, after a while; what was set before is forgotten.
    func set(after time: Duration) {
        let (seconds, attoseconds) = max(time, .nanoseconds(1)).components
        arm(timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000)))
    }

    func disarm() { arm(timespec()) }

    /// It never rings again.
    func cancel() {
        guard let attachment else { return }
        self.attachment = nil
        thread.detach(attachment)
        Glibc.close(descriptor)
    }

    private func arm(_ time: timespec) {
        var value = itimerspec(it_interval: timespec(), it_value: time)
        timerfd_settime(descriptor, 0, &value, nil)
    }
}
