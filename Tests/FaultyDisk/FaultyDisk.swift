public import Foundation

/// A disk that is full or read-only on demand, for programs that are started with its environment: a small library that is
/// preloaded into them. It takes no rights, and no disk.
public final class FaultyDisk: Sendable {
    public enum Fault: String, Sendable {
        case full = "f"
        case readOnly = "r"
    }

    private let place: URL
    private var library: URL { place.appending(path: "faulty_disk.so") }
    private var control: URL { place.appending(path: "fault") }

    /// Compiles the library, with the compiler that Swift links with.
    ///
    /// - Parameter readers: whether other users start programs with it.
    public init() throws {
        let name = "disk-" + String(UInt32.random(in: .min ... .max), radix: 36)
        place = FileManager.default.temporaryDirectory.appending(path: name).resolvingSymlinksInPath()
        // A server that runs as another user loads it, and looks for the fault.
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let source = Bundle.module.url(forResource: "faulty_disk", withExtension: "c")?.path ?? ""
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = ["clang", "-O1", "-fPIC", "-shared", "-o", library.path, source, "-ldl"]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    deinit {
        try? FileManager.default.removeItem(at: place)
    }

    /// The environment of a program whose writes under a folder are to fail when they should.
    public func environment(for folder: URL) -> [String: String] {
        [
            "LD_PRELOAD": library.path, "FAULTY_DISK": folder.resolvingSymlinksInPath().path,
            "FAULTY_DISK_SWITCH": control.path,
        ]
    }

    /// From now on, it fails.
    public func fail(_ fault: Fault) throws {
        try Data(fault.rawValue.utf8).write(to: control)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: control.path)
    }

    /// From now on, it works.
    public func mend() {
        try? FileManager.default.removeItem(at: control)
    }
}
