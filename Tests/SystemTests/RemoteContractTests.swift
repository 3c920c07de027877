import ArgumentParser
import Contracts
import Endpoints
import Foundation
import RPC
import StarServices
import Testing

@testable import star

@Suite("The contract of a service that is known by its address")
struct RemoteContractTests {
    /// A service that gives every call the same reply.
    private struct OneReply: Caller {
        let reply: Reply
        let isConnected = true

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply { reply }
        func close() {}
    }

    private func fetch(_ reply: Reply) async throws -> ContractDescriptor? {
        try await RemoteContract.fetch(OneReply(reply: reply))
    }

    @Test("is what the service returns")
    func returned() async throws {
        let own = ResourceContract.description
        let fetched = try await fetch(.success(status: 200, body: own.json.json()))
        #expect(fetched?.hash == own.hash && fetched?.qualifiedNames == own.qualifiedNames)
    }

    @Test("is unknown if the service returns none, or one in other words")
    func unknown() async throws {
        for status in [404, 501] {
            let problem = Problem(Problem.Kind("none", status: status, title: "None"), "Not here.")
            #expect(try await fetch(.failure(problem)) == nil)
        }
        for body in ["", "{}", #"{"name":1}"#] {
            #expect(try await fetch(.success(status: 200, body: Data(body.utf8))) == nil)
        }
    }

    @Test("ends the command if the service does not answer")
    func away() async {
        await #expect(throws: ExitCode.failure) { _ = try await fetch(.failure(.notConnected)) }
    }
}
