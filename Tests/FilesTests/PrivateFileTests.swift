import Foundation
import Testing

@testable import Files

@Suite("A file that may hold secrets")
struct PrivateFileTests {
    private static let (root, us, another): (uid_t, uid_t, uid_t) = (0, 1000, 2000)

    private func isPrivate(_ mode: mode_t, owner: uid_t, isReadOnlyMount: Bool = false, user: uid_t = us) -> Bool {
        var status = stat()
        status.st_mode = S_IFREG | mode
        status.st_uid = owner
        return PrivateFile.isPrivate(status, isReadOnlyMount: isReadOnlyMount, user: user)
    }

    @Test("is private if only its owner can use it", arguments: [0o600, 0o400, 0o700] as [mode_t])
    func own(_ mode: mode_t) {
        for owner in [Self.root, Self.us, Self.another] { #expect(isPrivate(mode, owner: owner)) }
        #expect(isPrivate(mode, owner: Self.root, user: Self.root))
    }

    @Test("says why its directory cannot be made")
    func directory() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a/b/file")
        try PrivateFile.create(file)
        let below = file.appending(path: "c")
        #expect(throws: PrivateFileError(below.path, ENOTDIR)) { try PrivateFile.create(below.appending(path: "file")) }
    }

    @Test("may be read by the group of who runs the process", arguments: [0o440, 0o640] as [mode_t])
    func group(_ mode: mode_t) {
        #expect(isPrivate(mode, owner: Self.root))
        #expect(isPrivate(mode, owner: Self.another))
        // A file without a right to write was given to the group on purpose.
        #expect(isPrivate(mode, owner: Self.us) == (mode == 0o440))
    }

    @Test(
        "may be read by everybody if root has made it read-only, as Swarm does, or it was mounted so, by Kubernetes or Compose"
    )
    func mounted() {
        #expect(isPrivate(0o444, owner: Self.root))
        #expect(isPrivate(0o444, owner: Self.root, user: Self.root))
        #expect(!isPrivate(0o444, owner: Self.us))
        #expect(!isPrivate(0o444, owner: Self.another))
        #expect(!isPrivate(0o644, owner: Self.root))
        #expect(isPrivate(0o644, owner: Self.root, isReadOnlyMount: true))
        #expect(isPrivate(0o644, owner: Self.another, isReadOnlyMount: true))
        #expect(!isPrivate(0o644, owner: Self.us, isReadOnlyMount: true))
    }

    @Test(
        "is not private if others can do more",
        arguments: [0o660, 0o606, 0o620, 0o602, 0o601, 0o610, 0o666, 0o777] as [mode_t])
    func exposed(_ mode: mode_t) {
        for owner in [Self.root, Self.us, Self.another] {
            #expect(!isPrivate(mode, owner: owner, isReadOnlyMount: true))
        }
    }

    @Test("is the one that a link leads to")
    func link() throws {
        try withFolder { folder in
            let file = folder.appending(path: "..data"), link = folder.appending(path: "key")
            try Data("secret".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            for (mode, isPrivate) in [(0o400, true), (0o604, false)] {
                #expect(chmod(file.path, mode_t(mode)) == 0)
                let read = try PrivateFile(link.path)
                #expect(read.data == Data("secret".utf8) && read.isPrivate == isPrivate)
            }
        }
    }

    @Test("may be a pipe")
    func pipe() async throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("secret\n".utf8))
        try pipe.fileHandleForWriting.close()
        let read = try PrivateFile("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        #expect(read.data == Data("secret\n".utf8) && read.isPrivate)
    }

    @Test("is read up to 1 MiB, and is no folder")
    func refused() throws {
        try withFolder { folder in
            #expect(throws: PrivateFileError(folder.path, EISDIR)) { try PrivateFile(folder.path) }
            #expect(throws: PrivateFileError(folder.path + "/nothing", ENOENT)) {
                try PrivateFile(folder.path + "/nothing")
            }
            #expect(throws: PrivateFileError("/dev/zero", EFBIG)) { try PrivateFile("/dev/zero") }
        }
    }

    @Test("is taken from group and others by its owner, once, and locks on it stay")
    func kept() throws {
        try withFolder { folder in
            let file = folder.appending(path: "store")
            try Data().write(to: file)
            let locked = open(file.path, O_RDWR)
            defer { close(locked) }
            var lock = flock(l_type: Int16(F_WRLCK), l_whence: 0, l_start: 0, l_len: 0, l_pid: 0)
            #expect(fcntl(locked, F_SETLK, &lock) == 0)
            #expect(chmod(file.path, 0o664) == 0)
            #expect(try PrivateFile.restrictToOwner(file.path))
            #expect(try !PrivateFile.restrictToOwner(file.path))
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
            #expect(try isLocked(file))
        }
    }

    /// Asks another process: one never meets its own locks.
    private func isLocked(_ file: URL) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
            file.path,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus != 0
    }

    private func withFolder(_ test: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try test(folder)
    }
}
