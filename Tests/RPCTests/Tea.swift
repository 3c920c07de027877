import Foundation
import RPC
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

/// Believes tokens that list their permissions, and counts how often it is asked.
final class FakeVerifier: TokenVerifier {
    let isReady: Bool
    private let asked = Atomic(0)

    init(isReady: Bool = true) { self.isReady = isReady }

    var timesAsked: Int { asked.load(ordering: .relaxed) }

    func verify(_ token: String) async throws(Problem) -> Principal {
        asked.add(1, ordering: .relaxed)
        guard isReady else { throw Problem(.unavailable, "There are no keys.") }
        guard token.hasPrefix("good") else { throw Problem(.tokenInvalid, "The token is not valid.") }
        let permissions = Set(token.split(separator: ":").dropFirst().map(String.init))
        return Principal(subject: "ada", permissions: permissions, tokenID: "1", expires: .distantFuture)
    }
}

/// Keeps what was answered.
final class Journal: CallObserver {
    private let lines = Mutex<[String]>([])
    private let timings = Mutex<ServerTimings?>(nil)

    var all: [String] { lines.withLock { $0 } }
    /// That of the last call.
    var lastLedger: ServerTimings? { timings.withLock { $0 } }

    func didFinish(_ call: Call, _ timings: ServerTimings) { self.timings.withLock { $0 = timings } }

    func didReply(to call: Call, with reply: Reply) {
        lines.withLock { $0.append("\(call.endpoint) \(reply.status)") }
    }
}

extension Reply {
    /// The problem, where it is one.
    var problem: Problem? {
        if case .failure(let problem) = self { problem } else { nil }
    }
}

/// Something that happens once, or so many times, for a test to wait for.
final class Signal<Value: Sendable>: Sendable {
    private let values: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (values, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    func next() async -> Value? {
        for await value in values { return value }
        return nil
    }
}
