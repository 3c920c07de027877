import Foundation
import JSON
import Synchronization

/// A note beside a store's file on which file its write-ahead log and its journal belong to.
///
/// SQLite finds both by their names alone, and applies them to any file that has the store's name: a back-up that was put
/// in the place of a store whose process had crashed would be undone or damaged by what was left. So whoever opens the
/// store notes which file it is before anything is written, and when its own checkpoints have changed it last.
///
/// The note proves nothing if it was copied itself, as in a restored directory: then file, log and note came together.
final class LogMark: Sendable {
    enum Ownership {
        /// The log beside the file is its own, or nothing speaks against it.
        case belongs
        /// Another file has taken the place of the one that left it.
        case isOfAnotherFile
        /// Something else has written to the file.
        case wasWrittenOver
    }

    private struct MarkRecord: Codable {
        /// The start of the machine: times of change are only compared within one, since a power failure may lose the
        /// last.
        let boot: String
        /// The note's own file, and when it was written.
        let mark: FileIdentity
        let written: Int64
        let file: FileIdentity
        /// The file after the last checkpoint; `nil` during one.
        let status: FileStatus?
    }

    private let file: String
    let path: String
    private let descriptor = Mutex<Int32>(-1)

    /// - Parameter file: the store's.
    init(of file: String) {
        self.file = file
        path = file + "-mark"
    }

    deinit {
        descriptor.withLock { if $0 >= 0 { close($0) } }
    }

    /// Checks what is beside a file, before it is opened, and lets something be done about it that no other process comes
    /// between.
    func check(_ status: FileStatus, _ settle: (Ownership) throws -> Void) throws {
        guard FileStatus(of: path) != nil else { return try settle(.belongs) }
        try locked { mark in
            let verdict = Self.verdict(on: status, mark)
            try settle(verdict)
            // What another file left is gone now, and must not be judged by the old note again.
            if verdict == .isOfAnotherFile { write(status, isSettled: false, mark) }
        }
    }

    /// Notes the file that is to be written to: what a crash leaves beside it from now on is its own.
    func claim(_ identity: FileIdentity) {
        locked { mark in
            guard let status = FileStatus(of: file), status.identity == identity else { return }
            let noted = Self.read(mark)?.status
            if noted != status { write(status, isSettled: false, mark) }
        }
    }

    /// True if a change of the file that the store did not make itself may be the checkpoint of another process.
    func allows(_ status: FileStatus) -> Bool {
        let isAllowed = descriptor.withLockIfAvailable { mark in
            guard flock(mark, LOCK_SH | LOCK_NB) == 0 else { return true }
            defer { flock(mark, LOCK_UN) }
            return Self.verdict(on: status, mark) != .wasWrittenOver
        }
        return isAllowed ?? true
    }

    /// Does what changes the file, such as a checkpoint, and notes the file as it is then.
    ///
    /// - Parameter identity: of the file that is changed; if its name leads elsewhere by then, the note stays.
    func changing(_ identity: FileIdentity, _ change: () -> Void) {
        locked { mark in
            guard let before = FileStatus(of: file), before.identity == identity else { return change() }
            // Without this note, the change would later seem to be somebody else's.
            guard write(before, isSettled: false, mark) else { return }
            change()
            guard let after = FileStatus(of: file), after.identity == identity else { return }
            write(after, isSettled: true, mark)
        }
    }

    /// Puts another file in the place of the store's. A crash at any time leaves a note that does not take what the old
    /// file has left for the new one's.
    ///
    /// - Parameters:
    ///   - remove: removes what is left beside the file, because it was the old file's.
    ///   - putAside: keeps it, because it may be another's.
    func replacing(_ replace: () throws -> Void, remove: () -> Void, putAside: () throws -> Void) throws {
        try locked { mark in
            var isOwn = false
            if let old = FileStatus(of: file) {
                let verdict = Self.verdict(on: old, mark)
                if verdict == .isOfAnotherFile { try putAside() }
                if verdict != .wasWrittenOver { write(old, isSettled: false, mark) }
                fsync(mark)
                isOwn = verdict == .belongs
            }
            try replace()
            if isOwn { remove() } else { try putAside() }
            if let status = FileStatus(of: file) { write(status, isSettled: true, mark) }
        }
    }

    private static func verdict(on status: FileStatus, _ mark: Int32) -> Ownership {
        guard let note = read(mark), let own = FileStatus(of: mark), own.identity.isProbably(note.mark),
            abs(own.modified - note.written) < 2_000_000_000
        else { return .belongs }
        guard note.file.isProbably(status.identity) else { return .isOfAnotherFile }
        guard note.boot == boot, let noted = note.status else { return .belongs }
        return noted.size == status.size && noted.modified == status.modified ? .belongs : .wasWrittenOver
    }
}

// The note as a file.
extension LogMark {
    private static let size = 1024

    /// Linux' number of the machine's start.
    private static let boot =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""

    /// Beside other threads, and other processes.
    private func locked<Failure: Error>(_ work: (Int32) throws(Failure) -> Void) throws(Failure) {
        try descriptor.withLock { mark throws(Failure) in
            let found = FileStatus(of: path)?.identity
            if found == nil || found != FileStatus(of: mark)?.identity {
                if mark >= 0 { close(mark) }
                mark = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            }
            flock(mark, LOCK_EX)
            defer { flock(mark, LOCK_UN) }
            try work(mark)
        }
    }

    private static func read(_ mark: Int32) -> MarkRecord? {
        var bytes = [UInt8](repeating: 0, count: size)
        let count = pread(mark, &bytes, size, 0)
        return count <= 0 ? nil : try? JSONCoding.decode(MarkRecord.self, from: Data(bytes[..<count]))
    }

    /// - Returns: true if the note is there now.
    @discardableResult
    private func write(_ status: FileStatus, isSettled: Bool, _ mark: Int32) -> Bool {
        guard let own = FileStatus(of: mark) else { return false }
        let note = MarkRecord(
            boot: Self.boot, mark: own.identity, written: Int64(Date.now.timeIntervalSince1970 * 1_000_000_000),
            file: status.identity, status: isSettled ? status : nil)
        guard var bytes = try? JSONCoding.encode(note) else { return false }
        // Always as long: so it is written over in place, and needs no room on a full disk.
        bytes.append(Data(repeating: UInt8(ascii: " "), count: max(0, Self.size - bytes.count)))
        return bytes.withUnsafeBytes { pwrite(mark, $0.baseAddress, $0.count, 0) } == bytes.count
    }
}
