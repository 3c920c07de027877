import Background
import Foundation
import JSON
import ZeroMQ

/// The other side of a wire, in a process of its own: this program again, as `star bench --serve WIRE`.
package struct BenchServer {
    /// The data that the measuring process needs; the server's first line of output, as JSON.
    struct Ready: Codable {
        /// Of the resource service and of the echo; one address for a baseline.
        var addresses: [String]
        var tokens: [String] = []
        /// The server's public key, with CURVE.
        var key: String?
    }

    /// The domain of the clients that a server admits with CURVE.
    private static let domain = "bench"

    let wire: Wire
    let directory: String
    /// The caller's public key, with CURVE.
    let callerKey: String?

    /// - Parameters:
    ///   - directory: of the sockets.
    ///   - callerKey: the caller's public key, with CURVE.
    package init(wire: Wire, directory: String, callerKey: String?) {
        self.wire = wire
        self.directory = directory
        self.callerKey = callerKey
    }

    /// Serves until standard input ends.
    ///
    /// Ctrl-C at a terminal is for the process that measures.
    package func run() async throws {
        signal(SIGINT, SIG_IGN)
        switch wire {
        case .bareZeroMQ: try await announce(Ready(addresses: [BareZeroMQ.serve("ipc://\(directory)/bare.sock")]))
        case .bareSocket: try await announce(Ready(addresses: [BareSocket.serve("\(directory)/raw.sock")]))
        default: try await serve(BenchSite(isCold: wire == .ipcCold))
        }
    }

    private func serve(_ site: BenchSite) async throws {
        let context = try Context()
        let serving: BenchSite.Serving
        var key: String?
        switch wire {
        case .http: serving = try await site.serveHTTP()
        case .tcp: serving = try await site.serve(in: context, at: port)
        case .curve:
            let keys = try CurveKeyPair.generate()
            key = keys.publicKey.hex
            try admitCaller(in: context)
            serving = try await site.serve(
                in: context, security: .curveServer(keys.secretKey, zapDomain: Self.domain), at: port)
        default: serving = try await site.serve(in: context) { try Address("ipc://\(directory)/\($0).sock") }
        }
        try await announce(Ready(addresses: serving.addresses, tokens: site.tokens, key: key))
        await serving.stop()
    }

    private func port(_ name: String) throws -> Address { try Address("tcp://127.0.0.1:*") }

    private func admitCaller(in context: Context) throws {
        var allowed = AllowList()
        allowed.allow(try CurvePublicKey(text: callerKey ?? ""), as: "caller", in: Self.domain)
        context.admit(allowed)
    }

    /// Says where it listens, and waits until it is to end.
    private func announce(_ ready: Ready) async throws {
        print(String(decoding: try JSONCoding.encode(ready), as: UTF8.self))
        fflush(nil)
        _ = await Blocking.run { FileHandle.standardInput.readDataToEndOfFile() }
    }
}
