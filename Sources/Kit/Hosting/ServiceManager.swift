import Foundation
import UnixSignals

/// The service manager that has started this process, if it wants to know how it goes: systemd for units of `Type=notify`
/// (sd_notify(3)).
public struct ServiceManager: Sendable {
    /// A state of the process, as the protocol spells it.
    public enum State: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
    }

    private let address: String?

    /// - Parameter address: the value of `NOTIFY_SOCKET`: a path, or `@` and a name in the abstract namespace; `nil` or empty
    ///   if there is no such manager.
    public init(address: String?) {
        self.address = address
    }

    /// Sends a state, and never waits for it to be read.
    ///
    /// - Returns: false if there is an address at which no process receives.
    @discardableResult
    public func notify(_ state: State) -> Bool {
        guard let address, !address.isEmpty else { return true }
        guard let (destination, length) = Self.destination(address) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(state.rawValue.utf8)
        let sent = withUnsafeBytes(of: destination) { name in
            sendto(
                descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                name.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
        return sent == bytes.count
    }

    /// - Returns: `nil` if the address is too long, or not of the two kinds.
    private static func destination(_ address: String) -> (sockaddr_un, socklen_t)? {
        var path = Array(address.utf8)
        let isAbstract = path[0] == UInt8(ascii: "@")
        if isAbstract { path[0] = 0 }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        guard isAbstract || path[0] == UInt8(ascii: "/"), path.count < MemoryLayout.size(ofValue: name.sun_path) else {
            return nil
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        // A name in the abstract namespace has no end but its length.
        let length = MemoryLayout<sa_family_t>.size + path.count + (isAbstract ? 0 : 1)
        return (name, socklen_t(length))
    }
}

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
