import Foundation
import UnixSignals

/// The signals that ask the process to stop: SIGTERM, SIGINT, SIGHUP. They are caught as long as this object lives, so it
/// is made before anything that needs an orderly end; the first process of a container would otherwise never see them.
public final class StopSignals: Sendable {
    private let signals: UnixSignalsSequence

    /// Begins to catch them. SIGHUP stays ignored if it is, as `nohup` wants it. SIGPIPE is ignored from here on: that the
    /// reader of the log or the other end of a connection has gone is no reason to stop.
    public init() async {
        signal(SIGPIPE, SIG_IGN)
        let all: [UnixSignal] = [.sigterm, .sigint, .sighup]
        signals = await UnixSignalsSequence(trapping: Self.isHangUpIgnored ? all.dropLast() : all)
    }

    /// Waits for the first one, which may have come long ago, or until the task is cancelled.
    func wait() async {
        for await _ in signals { return }
    }

    private static var isHangUpIgnored: Bool {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
