import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import PeerProgram

/// gRPC-Swift 2 over a Unix socket, as ours is, with messages of bytes: no protobuf, no JSON, no token.
@main
enum GRPCPeer {
    static func main() async throws {
        try await PeerProgram(name: "gRPC-Swift 2", version: "grpc-swift-2 2.4, nio-transport 2.9").run(
            serve: serve, connect: connect)
    }

    private static func serve(_ announce: @escaping @Sendable (String) -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/grpc-\(getpid()).sock"
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .unixDomainSocket(path: path), transportSecurity: .plaintext),
            services: [TimeService()])
        async let serving: Void = server.serve()
        _ = try await server.listeningAddress
        announce(path)
        try await serving
    }

    private static func connect(
        _ path: String, _ body: (@escaping PeerProgram.Call) async throws -> Void
    ) async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await withGRPCClient(
            transport: .http2NIOPosix(target: .unixDomainSocket(path: path), transportSecurity: .plaintext)
        ) { client in
            try await body { text in
                let message = Array(text.utf8)
                let reply = try await client.unary(
                    request: ClientRequest(message: message), descriptor: TimeService.method, serializer: Bytes(),
                    deserializer: Bytes(), options: .defaults
                ) { try $0.message }
                guard reply.count == (message.isEmpty ? TimeService.time.count : message.count) else {
                    throw RPCError(code: .internalError, message: "The reply has another length.")
                }
            }
        }
    }
}

/// Returns the time for an empty text, and any other text as it is.
private struct TimeService: RegistrableRPCService {
    static let method = MethodDescriptor(fullyQualifiedService: "time.Time", method: "Current")
    static let time = Array(#"{"current_time":"2026-11-23T12:00:00+00:00"}"#.utf8)

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(forMethod: Self.method, deserializer: Bytes(), serializer: Bytes()) { request, _ in
            let message = try await ServerRequest(stream: request).message
            return StreamingServerResponse(single: ServerResponse(message: message.isEmpty ? Self.time : message))
        }
    }
}

private struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Buffer { Buffer(message) }

    func deserialize<Buffer: GRPCContiguousBytes>(_ bytes: Buffer) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}
