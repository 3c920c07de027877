import Boilerplate
import Contracts
import Endpoints
import Foundation
import RPC
import Testing

/// What the boilerplate becomes if it keeps files: their bytes travel without JSON.
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

@Suite("The boilerplate", .timeLimit(.minutes(1)))
struct BoilerplateTests {
    func client() throws -> Client<BoilerplateContract> {
        let service = BoilerplateService(executor: QueueExecutor(name: "boilerplate"))
        return Client(try Line(service, BoilerplateContract.description, Trust().verifier))
    }

    @Test("greets by name, as often as it is asked to")
    func greets() async throws {
        let client = try client()
        let once = try await client.call(BoilerplateContract.greet, .init(name: "Ada"))
        #expect(once.greeting == "Hello, Ada!")
        let twice = try await client.call(BoilerplateContract.greet, .init(name: "Ada Løvelace", times: 2))
        #expect(twice.greeting == "Hello, Ada Løvelace! Hello, Ada Løvelace!")
        #expect(try await client.call(Smoke.endpoint) == .ok)
    }

    @Test("keeps files, if that is what it becomes")
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

    @Test("greets nobody without a name, nor without end")
    func refused() async throws {
        let client = try client()
        for (name, times, pointer) in [
            ("", nil, "/name"), (String(repeating: "a", count: 65), nil, "/name"), ("Ada", 0, "/times"),
            ("Ada", 11, "/times"),
        ] {
            let person = BoilerplateContract.Person(name: name, times: times)
            let refusal = await problem { try await client.call(BoilerplateContract.greet, person) }
            #expect(refusal?.kind == .invalid && refusal?.faults.map(\.pointer) == [pointer])
        }
    }
}
