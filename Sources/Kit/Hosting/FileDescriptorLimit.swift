import Descriptors
import Foundation

/// The files and sockets that a process of services may have open.
public enum FileDescriptorLimit {
    /// Allows as many as the system lets the process allow itself.
    ///
    /// - Parameter services: the number of services that the process will run.
    /// - Throws: ``SettingsError`` with the number needed, if that is not enough for them and a few connections.
    public static func raiseLimit(forServices services: Int) throws(SettingsError) {
        DescriptorLimit.raise()
        let needed = needed(forServices: services)
        guard DescriptorLimit.current < needed else { return }
        throw SettingsError(
            description: "The process may open \(DescriptorLimit.current) files and sockets, and needs \(needed): "
                + "raise the limit (ulimit -n \(needed), LimitNOFILE of systemd, --ulimit nofile of containers).")
    }

    /// Each processor has an event loop, each service sockets, timers, files and callers.
    private static func needed(forServices services: Int) -> Int {
        64 + 32 * services + 4 * ProcessInfo.processInfo.activeProcessorCount
    }
}
