import Contracts
import Endpoints
import Foundation
import RPC
import Resource
import Testing

@Suite("Resource", .timeLimit(.minutes(1)))
struct ResourceTests {
    let trust = Trust()

    func client(epoch: Int = 1_574_653_197) throws -> Client<ResourceContract> {
        let service = ResourceService(executor: QueueExecutor(name: "resource")) { epoch }
        return Client(try Line(service, ResourceContract.description, trust.verifier))
    }

    @Test("tells the time as ISO 8601 with its offset")
    func currentTime() async throws {
        let time = try await client().call(ResourceContract.currentTime, token: trust.token(["time"]))
        #expect(time.currentTime == "2019-11-25T03:39:57+00:00")
    }

    @Test("tells the time as whole seconds since 1970, before and after")
    func epochTime() async throws {
        for epoch in [0, -1, 1_574_653_197, 4_102_444_800] {
            let time = try await client(epoch: epoch).call(ResourceContract.epochTime, token: trust.token(["time"]))
            #expect(time.epochTime == epoch)
        }
    }

    @Test("tells the time of now by default")
    func now() async throws {
        let service = ResourceService(executor: QueueExecutor(name: "resource"))
        let client = Client<ResourceContract>(try Line(service, ResourceContract.description, trust.verifier))
        let token = try trust.token(["time"])
        let before = Date().timeIntervalSince1970.rounded(.down)
        let epoch = try await client.call(ResourceContract.epochTime, token: token).epochTime
        let text = try await client.call(ResourceContract.currentTime, token: token).currentTime
        #expect((before...Date().timeIntervalSince1970).contains(Double(epoch)))
        let moment = try #require(try? Date(text, strategy: .iso8601)).timeIntervalSince1970
        #expect((before...Date().timeIntervalSince1970).contains(moment))
    }

    @Test("tells nobody who lacks the permission")
    func refused() async throws {
        let client = try client()
        let others = try trust.token(["tide", "times"])
        #expect(
            await problem { try await client.call(ResourceContract.currentTime, token: others) }?.kind
                == .permissionDenied)
        #expect(
            await problem { try await client.call(ResourceContract.epochTime, token: others) }?.kind
                == .permissionDenied)
        #expect(await problem { try await client.call(ResourceContract.currentTime) }?.kind == .tokenMissing)
        #expect(await problem { try await client.call(ResourceContract.epochTime, token: "x") }?.kind == .tokenInvalid)
        #expect(try await client.call(Smoke.endpoint) == .ok)
    }
}
