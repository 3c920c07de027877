import Endpoints
import Foundation
import RPC
import Testing

/// Keeps files, whose bytes travel without JSON.
private actor FileService: Service {
    enum FileContract: Contract {
        static let name = "files"
        static let version = "1.0.0"
        static let summary = "Keeps files."
        static let upload = Endpoint<Bytes, FileID>(
            "upload", .post, "/api/v1/files", status: 201, access: .permission("files"), summary: "Stores a file.")
        static let download = Endpoint<FileID, Bytes>(
            "download", .get, "/api/v1/files/{id}", access: .permission("files"), problems: [.notFound],
            summary: "Returns a file.")
        static let endpoints = EndpointList {
            upload
            download
        }
    }

    struct FileID: Payload {
        static let schema = Schema.object(.required("id", .integer(0...1_000_000, example: 1), "The file's id."))
        let id: Int
    }

    private var files: [Data] = []

    private func upload(_ file: Bytes, _: CallContext) async throws -> FileID {
        files.append(file.data)
        return FileID(id: files.count - 1)
    }

    private func download(_ file: FileID, _: CallContext) async throws -> Bytes {
        guard files.indices.contains(file.id) else { throw Problem(.notFound, "There is no such file.") }
        return Bytes(files[file.id])
    }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(FileContract.upload, with: upload)
            handle(FileContract.download, with: download)
        }
    }
}

@Suite("A service of files", .timeLimit(.minutes(1)))
struct FileServiceTests {
    @Test("returns what was stored, byte by byte, to those who may")
    func files() async throws {
        typealias Files = FileService.FileContract
        let trust = Trust()
        let client = Client<Files>(try Line(FileService(), Files.description, trust.verifier))
        let token = try trust.token(["files"])
        for data in [Data(), Data(UInt8.min...UInt8.max)] {
            let file = try await client.call(Files.upload, Bytes(data), token: token)
            #expect(try await client.call(Files.download, file, token: token).data == data)
        }
        let refusal = await problem { try await client.call(Files.download, .init(id: 9), token: token) }
        #expect(refusal?.kind == .notFound)
        #expect(await problem { try await client.call(Files.upload, Bytes(Data())) }?.kind == .tokenMissing)
    }
}
