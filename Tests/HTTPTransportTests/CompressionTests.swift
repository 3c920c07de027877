import Foundation
import HTTPTransport
import NIOCore
import Testing
import Web

@Suite("A response that is large", .timeLimit(.minutes(1)))
struct CompressionTests {
    private static let text = Data(String(repeating: "abc ", count: 2000).utf8)
    private static let pages = [
        Page("/fixed", contentType: "text/css", headers: ["Cache-Control": "no-cache"], content: text),
        Page("/small", contentType: "text/css", content: Data("a".utf8)),
        Page("/made", contentType: "text/plain") { text },
        Page("/events", contentType: "text/event-stream") {
            AsyncStream { continuation in
                continuation.yield(text)
                continuation.finish()
            }
        },
    ]
    private static let gzip = ["Accept-Encoding": "br, gzip;q=0.8"]

    @Test("is compressed for a client that takes gzip, and for no other", arguments: ["/fixed", "/made"])
    func pages(path: String) async throws {
        try await Shop.open(pages: Self.pages) { shop in
            let answer = try await shop.send("GET", path, Self.gzip)
            #expect(answer["Content-Encoding"] == "gzip" && answer["Vary"] == "Accept-Encoding")
            #expect(answer.bytes.starts(with: [0x1F, 0x8B]) && answer.bytes.count < 1000)
            #expect(answer["Content-Length"] == String(answer.bytes.count))
            #expect(try gunzip(answer.bytes) == Self.text)
            for other in [[:], ["Accept-Encoding": "br"], ["Accept-Encoding": "gzip;q=0.5, identity"]] {
                let plain = try await shop.send("GET", path, other)
                #expect(plain["Content-Encoding"] == nil && plain["Vary"] == "Accept-Encoding")
                #expect(Data(plain.bytes) == Self.text)
            }
            let head = try await shop.send("HEAD", path, Self.gzip)
            #expect(head["Content-Encoding"] == "gzip" && head["Content-Length"] == answer["Content-Length"])
        }
    }

    @Test("is compressed if it is JSON, too; a small one and a stream of events never are")
    func json() async throws {
        try await Shop.open(pages: Self.pages) { shop in
            let name = String(repeating: "tea ", count: 1000)
            let body = #"{"id":7,"name":"\#(name)"}"#
            let answer = try await shop.send("POST", "/shop/items", Self.gzip, body: body)
            #expect(answer.status == 201 && answer["Content-Encoding"] == "gzip")
            #expect(try gunzip(answer.bytes) == Data(#"{"data":{"text":"7 \#(name)"}}"#.utf8))
            for path in ["/shop/items/7", "/small", "/events", "/nowhere"] {
                let plain = try await shop.send("GET", path, Self.gzip)
                #expect(plain["Content-Encoding"] == nil && plain["Vary"] == nil, "\(path)")
            }
        }
    }

    @Test("is not sent again to a client that has it")
    func tags() async throws {
        try await Shop.open(pages: Self.pages) { shop in
            let plain = try #require(try await shop.send("GET", "/fixed")["ETag"])
            let compressed = try #require(try await shop.send("GET", "/fixed", Self.gzip)["ETag"])
            #expect(plain != compressed && plain.hasPrefix("\"") && plain.hasSuffix("\""))
            for (tag, other, coding) in [(plain, compressed, "identity"), (compressed, plain, "gzip")] {
                for known in [tag, "W/\(tag)", "\"a\",, \(tag)", "\"a,b\", W/\"\" ,\t\(tag)", "\(other), \(tag)", "*"] {
                    let fields = ["If-None-Match": known, "Accept-Encoding": coding]
                    let answer = try await shop.send("GET", "/fixed", fields)
                    #expect(answer.status == 304 && answer.bytes.isEmpty && answer["ETag"] == tag, "\(known)")
                    #expect(answer["Cache-Control"] == "no-cache" && answer["Content-Length"] == nil)
                    #expect(answer["Vary"] == "Accept-Encoding")
                }
                // The same content in another coding is not what would be sent.
                let inner = tag.dropFirst().dropLast()
                for known in [other, "W/\(other)", "\"a,\(tag)\"", "w/\(tag)", String(inner), "\" \(inner)\"", "\"*\""]
                {
                    let fields = ["If-None-Match": known, "Accept-Encoding": coding]
                    let answer = try await shop.send("GET", "/fixed", fields)
                    #expect(answer.status == 200 && answer["ETag"] == tag, "\(known)")
                }
            }
            try await #expect(shop.send("GET", "/fixed", ["If-None-Match": "\"a\""]).status == 200)
            try await #expect(shop.send("GET", "/made", ["If-None-Match": "*"]).status == 200)
        }
    }

    private func gunzip(_ bytes: [UInt8]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc"]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: bytes)
        try input.fileHandleForWriting.close()
        defer { process.waitUntilExit() }
        return try output.fileHandleForReading.readToEnd() ?? Data()
    }
}
