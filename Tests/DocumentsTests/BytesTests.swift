import Documents
import Endpoints
import JSON
import Testing

@Suite("Of bytes, documents")
struct BytesTests {
    private enum FileContract: Contract {
        static let name = "files"
        static let version = "1.0.0"
        static let summary = "Keeps files."
        static let upload = Endpoint<Bytes, FileID>(
            "upload", .post, "/files", status: 201, access: .token, summary: "Stores a file.")
        static let download = Endpoint<FileID, Bytes>(
            "download", .get, "/files/{id}", access: .open, summary: "Returns a file.")
        static let endpoints = EndpointList {
            upload
            download
        }
    }

    private struct FileID: Payload {
        static let schema = Schema.object(.required("id", .string(example: "f1"), "The id."))
        let id: String
    }

    private static let binary: JSONValue = ["type": "string", "format": "binary"]

    @Test("describe a body that is a file, and a response without an envelope")
    func openAPI() {
        let document = OpenAPI([FileContract.description]).document
        let body = document.at("paths /files post requestBody")
        #expect(body == ["required": true, "content": ["application/octet-stream": ["schema": Self.binary]]])
        let content = document.at("paths /files/{id} get responses 200 content")
        #expect(content == ["application/octet-stream": ["schema": Self.binary]])
    }

    @Test("name the content type of messages")
    func asyncAPI() {
        let messages = AsyncAPI([FileContract.description]).document.at("components messages")
        #expect(messages?["files.upload.request"]?["contentType"] == "application/octet-stream")
        #expect(messages?["files.upload.reply"]?["contentType"] == nil)
        #expect(messages?["files.download.reply"]?["contentType"] == "application/octet-stream")
    }

    @Test("ask for a file in Postman")
    func postman() throws {
        let walkthrough = Walkthrough(.init("Files", "All.", [.init("files", FileContract.upload.description)]))
        let collection = PostmanCollection("Files", FileContract.description, walkthrough).document
        let request = try #require(collection.requests.first { $0["url"]?["raw"]?.string?.hasSuffix("/files") == true })
        #expect(request["body"]?["mode"] == "file")
        let contentType: JSONValue = ["key": "Content-Type", "value": "application/octet-stream"]
        #expect(request["header"]?.elements.contains(contentType) == true)
    }
}

extension JSONValue {
    /// The requests of a Postman collection, those in folders, too.
    fileprivate var requests: [JSONValue] {
        (self["request"].map { [$0] } ?? []) + (self["item"]?.elements.flatMap(\.requests) ?? [])
    }
}
