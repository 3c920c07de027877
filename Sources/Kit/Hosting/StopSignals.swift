import Foundation
import Synchronization
import UnixSignals

/// The signals that ask the process to stop: SIGTERM, SIGINT, SIGHUP. They are caught as long as this object lives, so it
/// is made before anything that needs an orderly end; the first process of a container would otherwise never see them.
public final class StopSignals: Sendable {
    private let received: Flag
    private let watch: Task<Void, Never>
    private let first: AsyncStream<Void>

    /// Begins to catch them. SIGHUP stays ignored if it is, as `nohup` wants it. SIGPIPE is ignored from here on: that the
    /// reader of the log or the other end of a connection has gone is no reason to stop.
    public init() async {
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: Self.isHangUpIgnored ? [.sigterm, .sigint] : Self.all)
        let (first, continuation) = AsyncStream<Void>.makeStream()
        let received = Flag()
        watch = Task {
            for await _ in signals {
                received.isSet.store(true, ordering: .relaxed)
                continuation.finish()
            }
        }
        self.received = received
        self.first = first
    }

    deinit { watch.cancel() }

    /// True once one has come.
    public var isReceived: Bool { received.isSet.load(ordering: .relaxed) }

    /// - Throws: `CancellationError` once one has come.
    func check() throws(CancellationError) {
        if isReceived { throw CancellationError() }
    }

    /// Waits for the first one, or until the task is cancelled.
    func wait() async {
        for await _ in first {}
    }

    private static let all: [UnixSignal] = [.sigterm, .sigint, .sighup]

    private static var isHangUpIgnored: Bool {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }
}
