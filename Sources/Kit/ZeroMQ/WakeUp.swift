internal import CZeroMQ
internal import Glibc

/// An eventfd: any thread signals, the loop polls it and clears it.
struct WakeUp: Sendable {
    let descriptor: Int32

    init() throws(ZeroMQError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system("make a wake-up descriptor") }
    }

    func signal() { eventfd_write(descriptor, 1) }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    func close() { Glibc.close(descriptor) }
}
