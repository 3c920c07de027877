import Contracts
import Endpoints
import Foundation
import HTTPTransport
import RPC
import Resource
import Tokens
import ZeroMQ
import ZeroMQTransport

/// The other side of a benchmark, in a process of its own: the resource service behind its two fronts, with tokens checked
/// as ever, and beside it libzmq alone.
struct BenchServer {
    /// What the measuring process must know; the server's first line of output, as JSON.
    struct Ready: Codable {
        let token: String
        let kit: String
        let bare: String
        let http: String
    }

    let directory: String

    /// Serves until standard input ends.
    func run() async throws {
        let key = SigningKey()
        let keys = KeySet([key.publicKey])
        let verifier = AccessTokenVerifier(issuer: "bench", audience: "bench", source: keys)
        verifier.replaceKeys(keys)
        let token = try TokenIssuer(key: key, issuer: "bench", audience: "bench", lifetime: .seconds(3600))
            .issue(subject: "bench", permissions: ["time"]).token
        let context = try Context()
        let thread = try SocketThread(name: "bench")
        let dispatcher = try Dispatcher(
            ResourceService(executor: thread), contract: ResourceContract.description, verifier: verifier)
        let zeroMQ = ZeroMQFront(
            dispatcher, on: thread, context: context, addresses: [try Address("ipc://\(directory)/kit.sock")])
        let http = try HTTPFront(dispatcher)
        let bare = try BareZeroMQ.Server(address: "ipc://\(directory)/bare.sock")
        let ready = Ready(
            token: token, kit: try await zeroMQ.start()[0], bare: bare.address, http: try await http.start()[0])
        print(String(decoding: try JSONEncoder().encode(ready), as: UTF8.self))
        fflush(nil)
        _ = await Blocking.run { FileHandle.standardInput.readDataToEndOfFile() }
        bare.stop()
        await http.stop()
        await zeroMQ.stop()
        await thread.shutdown()
        context.terminate()
    }
}
