import Foundation
import Testing

@testable import Files

@Suite("A file that is written")
final class DraftFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private var file: URL { folder.appending(path: "copy") }
    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @Test("has its name once it is whole, and belongs to its owner only")
    func publication() throws {
        let draft = try DraftFile(of: file)
        try Data("whole".utf8).write(to: draft.url)
        #expect(names == ["copy.partial"])
        try draft.publish()
        #expect(names == ["copy"])
        #expect(try Data(contentsOf: file) == Data("whole".utf8))
        #expect(try PrivateFile(file.path).isPrivate)
    }

    @Test("takes nobody's place")
    func taken() throws {
        let draft = try DraftFile(of: file)
        try PrivateFile.createNew(file)
        #expect(throws: PrivateFileError(file.path, EEXIST)) { try draft.publish() }
        #expect(throws: PrivateFileError(file.path, EEXIST)) { _ = try DraftFile(of: file) }
    }

    @Test("is none where no file can be made, though the folder is there", .timeLimit(.minutes(1)))
    func impossible() {
        let file = URL(filePath: "/proc/copy")
        #expect(throws: PrivateFileError("/proc/copy.partial", ENOENT)) { _ = try DraftFile(of: file) }
    }

    @Test("is none where something stands that is not a file", .timeLimit(.minutes(1)))
    func obstacle() throws {
        let obstacle = folder.appending(path: "copy.partial")
        try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: true)
        #expect(throws: PrivateFileError(obstacle.path, EISDIR)) { _ = try DraftFile(of: self.file) }
    }

    @Test("is begun anew if whoever wrote it was killed, and not while somebody does")
    func leftover() throws {
        try PrivateFile.write("half of", to: folder.appending(path: "copy.partial"))
        let draft = try DraftFile(of: file)
        #expect(try Data(contentsOf: draft.url).isEmpty)
        #expect(throws: PrivateFileError(draft.url.path, EBUSY)) { _ = try DraftFile(of: file) }
        draft.remove()
        #expect(names.isEmpty)
    }

    @Test("follows no link that somebody has put in its place")
    func link() throws {
        let other = folder.appending(path: "other")
        try PrivateFile.write("mine", to: other)
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "copy.partial"), withDestinationURL: other)
        #expect(throws: PrivateFileError.self) { _ = try DraftFile(of: self.file) }
        #expect(try Data(contentsOf: other) == Data("mine".utf8))
    }
}
