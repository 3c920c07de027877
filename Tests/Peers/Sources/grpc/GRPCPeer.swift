import GRPCCore
import GRPCNIOTransportHTTP2Posix
import PeerProgram

/// gRPC-Swift 2 over HTTP/2, with messages of bytes: no protobuf, no JSON, no token.
@main
enum GRPCPeer {
    static func main() async throws {
        try await PeerProgram(name: "gRPC-Swift 2", version: "grpc-swift-2 2.4, nio-transport 2.9").run(
            serve: serve, connect: connect)
    }

    private static func serve(_ announce: @escaping @Sendable (String) -> Void) async throws {
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext),
            services: [TimeService()])
        async let serving: Void = server.serve()
        if let port = try await server.listeningAddress?.ipv4?.port { announce("\(port)") }
        try await serving
    }

    private static func connect(_ port: String, _ body: (@escaping PeerProgram.Call) async throws -> Void) async throws
    {
        try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .ipv4(address: "127.0.0.1", port: Int(port) ?? 0), transportSecurity: .plaintext)
        ) { client in
            try await body { payload in
                let message = [UInt8](repeating: UInt8(ascii: "x"), count: payload)
                let reply = try await client.unary(
                    request: ClientRequest(message: message), descriptor: TimeService.method, serializer: Bytes(),
                    deserializer: Bytes(), options: .defaults
                ) { try $0.message }
                guard reply.count == (payload == 0 ? TimeService.time.count : payload) else {
                    throw RPCError(code: .internalError, message: "The reply has another length.")
                }
            }
        }
    }
}

/// Tells the time to who sends nothing, and to others what they sent.
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
