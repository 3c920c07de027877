import Endpoints
import RPC
import Testing

@testable import ZeroMQTransport

@Suite("A HELLO with a contract", .timeLimit(.minutes(1)))
struct HelloTests {
    @Test("is answered with a HELLO where the service keeps it, and with its problem where it does not")
    func contracts() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for contract in [SmokeContract.description, FormerSmoke.description] {
                try await peer.send(Self.hello(contract, id: 5))
                #expect(Message(await peer.next())?.preamble == Preamble(.hello, id: 5))
            }
            try await peer.send(Self.hello(ComingSmoke.description, id: 6))
            let refusal = try #require(Message(await peer.next()))
            #expect(refusal.preamble?.kind == .reply && refusal.id == 6 && refusal.status == "409")
            #expect(refusal.json?["code"] == "incompatible_contract")
            #expect(refusal.json?["detail"] == "The client knows the endpoint auth.dream, which is not here.")
            // A call that comes all the same is answered: there is nothing that it could break.
            try await peer.send(Message(.request, id: 7, "auth.smoke").frames)
            #expect(Message(await peer.next())?.status == "200")
        }
    }

    @Test("may be larger than the body of a call may be")
    func largeContract() async throws {
        var limits = ZeroMQFront.Limits()
        limits.maxBody = 100
        try await FrontRig.open(limits: limits) { site in
            let peer = try await site.peer()
            let hello = Self.hello(SmokeContract.description, id: 5)
            #expect(hello[2].count > limits.maxBody)
            try await peer.send(hello)
            #expect(Message(await peer.next())?.preamble == Preamble(.hello, id: 5))
            let call = Message(.request, id: 6, "auth.smoke").frames.prefix(2)
            try await peer.send(call + [[UInt8](repeating: 32, count: 101)])
            #expect(Message(await peer.next())?.status == "413")
        }
    }

    @Test("gets a problem in place of a reply that is larger than its peer reads, and goes on")
    func largeReply() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            var head = Headers()
            head.add(.maxBody, "4")
            try await peer.send([Preamble(.hello, id: 5).bytes, head.bytes, []])
            #expect(Message(await peer.next())?.preamble == Preamble(.hello, id: 5))
            try await peer.send(Message(.request, id: 6, "_meta.contract").frames)
            let reply = try #require(Message(await peer.next()))
            #expect(reply.id == 6 && reply.status == "500")
            #expect(reply.json?["detail"]?.string?.hasSuffix("its caller accepts 4.") == true)
            try await peer.send(Message(.request, id: 7, "auth.smoke").frames)
            #expect(Message(await peer.next())?.status == "200")
        }
    }

    private static func hello(_ contract: ContractDescriptor, id: UInt64) -> [[UInt8]] {
        var head = Headers()
        head.add(.contract, contract.hash)
        return [Preamble(.hello, id: id).bytes, head.bytes, Array(contract.json.json())]
    }
}

/// Knows one of the endpoints.
private enum FormerSmoke: Contract {
    static let name = "auth"
    static let version = "1.0.0"
    static let summary = "Made for tests."
    static let endpoints = EndpointList { SmokeContract.smoke }
}

/// Knows one that does not exist yet.
private enum ComingSmoke: Contract {
    static let name = "auth"
    static let version = "2.0.0"
    static let summary = "Made for tests."
    static let endpoints = EndpointList {
        SmokeContract.smoke
        Endpoint<Empty, Empty>("dream", .get, "/dream", access: .open, summary: "Dreams.")
    }
}
