import Foundation
import Lines
import RPC
import RPCTesting
import Testing

@Suite("JSON lines over a Unix socket", .serialized, .timeLimit(.minutes(1)))
struct LineTests {
    @Test("keep a rule of every transport", arguments: Conformance.checks(for: TransportTraits()))
    func conforms(check: ConformanceCheck) async throws {
        try await check.run(on: LineTransport())
    }
}

struct LineTransport: TestTransport {
    let traits = TransportTraits()
    private let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString.prefix(8))"

    func makeFront(_ dispatcher: Dispatcher, at address: String?) -> any Front {
        LineFront(dispatcher, path: address ?? path)
    }

    func makeCaller(to address: String) -> any Caller { LineCaller(path: address) }
}
