import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import PeerProgram

/// A bare Hummingbird route, called by AsyncHTTPClient over kept-alive HTTP/1.1: the same JSON, no token.
@main
enum HummingbirdPeer {
    static func main() async throws {
        try await PeerProgram(name: "AsyncHTTPClient, Hummingbird", version: "hummingbird 2, async-http-client 1").run(
            serve: serve, connect: connect)
    }

    private static func serve(_ announce: @escaping @Sendable (String) -> Void) async throws {
        let router = Router()
        router.get("time") { _, _ in Envelope(data: Time(currentTime: "2026-11-23T12:00:00+00:00")) }
        router.post("echo") { request, context in
            Envelope(data: try await request.decode(as: Text.self, context: context))
        }
        var logger = Logger(label: "hummingbird")
        logger.logLevel = .error
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in announce("http://127.0.0.1:\(channel.localAddress?.port ?? 0)") },
            logger: logger)
        try await application.run()
    }

    private static func connect(
        _ address: String, _ body: (@escaping PeerProgram.Call) async throws -> Void
    ) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        try await body { text in
            guard !text.isEmpty else {
                let request = HTTPClientRequest(url: address + "/time")
                _ = try await decoded(Envelope<Time>.self, client.execute(request, timeout: .seconds(10)))
                return
            }
            var request = HTTPClientRequest(url: address + "/echo")
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(Text(text: text))))
            _ = try await decoded(Envelope<Text>.self, client.execute(request, timeout: .seconds(10)))
        }
        try await client.shutdown()
    }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ response: HTTPClientResponse) async throws
        -> Value
    {
        try JSONDecoder().decode(type, from: Data(try await response.body.collect(upTo: 4 << 20).readableBytesView))
    }
}

private struct Envelope<Value: Codable & Sendable>: ResponseCodable {
    let data: Value
}

private struct Time: Codable {
    let currentTime: String

    enum CodingKeys: String, CodingKey {
        case currentTime = "current_time"
    }
}

private struct Text: Codable {
    let text: String
}
