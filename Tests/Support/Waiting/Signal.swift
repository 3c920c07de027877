import Dispatch

/// Something that happens once, or so many times, for a test to wait for.
package final class Signal<Value: Sendable>: Sendable {
    private let values: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    package init() { (values, continuation) = AsyncStream.makeStream() }

    package func send(_ value: Value) { continuation.yield(value) }

    /// Ends it: whoever waits gets what was sent, and then nothing.
    package func finish() { continuation.finish() }

    /// Waits for the next value; `nil` after the end, and if the task is cancelled.
    package func next() async -> Value? {
        for await value in values { return value }
        return nil
    }
}

/// Blocks a thread until it is opened.
package final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    /// Waits, but for no longer than 20 seconds, so that a test that fails does not hang.
    package func wait() { _ = semaphore.wait(timeout: .now() + .seconds(20)) }

    package func open() { semaphore.signal() }
}
