import Endpoints
import EventLoop
import RPC
import ZeroMQ
import ZeroMQTransport

/// A client of services over ZeroMQ, in the process of the tests.
struct ZeroMQPeer {
    private let context: Context
    private let thread: SocketThread

    /// Runs a test with a client that is gone at the end.
    static func open(_ test: (ZeroMQPeer) async throws -> Void) async throws {
        let peer = ZeroMQPeer(context: try Context(), thread: try SocketThread(name: "test"))
        do {
            try await test(peer)
        } catch {
            await peer.close()
            throw error
        }
        await peer.close()
    }

    /// Runs a test with a client of one service.
    func client<C: Contract>(_: C.Type, at address: String, _ test: (Client<C>) async throws -> Void) async throws {
        let caller = ZeroMQCaller(try Address(address), on: thread, context: context)
        try await caller.start()
        do {
            try await test(Client(caller))
        } catch {
            await caller.close()
            throw error
        }
        await caller.close()
    }

    private func close() async {
        await thread.shutdown()
        context.terminate()
    }
}
