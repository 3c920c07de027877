import Endpoints
import Foundation
import Logging
import RPC
import Synchronization
import Testing

@testable import Hosting

@Suite("The log of a replica's losses")
struct LossLogTests {
    /// Replies as a test says.
    private final class Replica: Caller {
        let reply = Mutex(Reply.success(status: 200, body: Data()))
        let isConnected = true

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply { reply.withLock(\.self) }
        func close() async {}
    }

    @Test("has a line when it cannot be reached, and one when it replies again, however many calls there are")
    func lines() async {
        let (replica, lines) = (Replica(), LogLines())
        let caller = LossLog(replica, Logger(label: "shop", factory: lines.handler), ["address": "tcp://a:1"])
        func call(_ reply: Reply) async {
            replica.reply.withLock { $0 = reply }
            for _ in 0..<3 { _ = await caller.call(Call("tea.pour"), EchoContract.say.description) }
        }
        await call(.success(status: 200, body: Data()))
        // A service behind it is down, or a call took too long: it is there.
        await call(.failure(Problem(.unavailable, "The store is away.")))
        await call(.failure(.deadlineExceeded))
        #expect(lines.all.isEmpty)
        await call(.failure(.notConnected))
        await call(.failure(.lost))
        await call(.failure(.deadlineExceeded))
        #expect(lines.all == ["shop: A replica cannot be reached"])
        await call(.failure(Problem(.notFound, "No tea.")))
        #expect(lines.all == ["shop: A replica cannot be reached", "shop: A replica replies again"])
        await caller.close()
        await call(.failure(.lost))
        #expect(lines.all.count == 2)
    }
}
