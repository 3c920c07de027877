import Foundation
import RPC
import RPCTesting
import Synchronization

@testable import Endpoints

/// A contract whose endpoints a test chooses.
func contract(_ endpoints: EndpointDescriptor..., named name: String = "tea") -> ContractDescriptor {
    ContractDescriptor(name: name, typeName: nil, version: "1.0.0", summary: "Made for tests.", endpoints: endpoints)
}

/// An endpoint that takes and says nothing.
func plain(
    _ name: String, _ path: PathTemplate, aliases: [PathTemplate] = [], access: Access = .open,
    deadline: Duration = .seconds(20)
) -> Endpoint<Empty, Empty> {
    Endpoint(name, .post, path, aliases: aliases, access: access, deadline: deadline, summary: "Made for tests.")
}

/// A service with whatever handlers a test gives it.
actor TeaService: Service {
    nonisolated let handlers: Handlers
    private let waits: [String]

    init(pendingDependencies waits: [String] = [], @Handlers.HandlerBuilder _ handlers: () -> [Handler]) {
        self.waits = waits
        self.handlers = Handlers(handlers)
    }

    init(_ handlers: Handlers) {
        waits = []
        self.handlers = handlers
    }

    func pendingDependencies() async -> [String] { waits }
}

struct Cup: Payload, Equatable {
    static let schema = Schema.object(
        .required("size", .integer(1...3, example: 2), "How large."),
        .optional("milk", .boolean(example: true), "Whether with milk."))

    var size: Int
    var milk: Bool?
}

/// Accepts tokens as ``FakeVerifier`` does, once it is ready, and counts how often it is asked.
final class CountingVerifier: TokenVerifier {
    let isReady: Bool
    private let verifications = Atomic(0)

    init(isReady: Bool = true) { self.isReady = isReady }

    var timesAsked: Int { verifications.load(ordering: .relaxed) }

    func verify(_ token: String) async throws(Problem) -> Principal {
        verifications.add(1, ordering: .relaxed)
        guard isReady else { throw Problem(.unavailable, "There are no keys.") }
        return try await FakeVerifier().verify(token)
    }
}
