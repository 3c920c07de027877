public import Endpoints
import Foundation
public import JSON
public import RPC
import Synchronization

/// Keeps the calls that were replied to, in the order of their replies.
public final class Journal: CallObserver {
    /// A call and the status of its reply.
    public struct Line: Sendable, Equatable, CustomStringConvertible {
        /// The qualified name of the endpoint.
        public let endpoint: String
        /// The status of the reply.
        public let status: Int
        /// The position of the call in its trace.
        public let trace: TraceContext
        /// The caller's own id for the call, if it gave one.
        public let requestID: String?
        /// The transport that the call came by.
        public let transport: Transport
        /// The address of the first caller, if it is known.
        public let origin: String?

        /// The endpoint and the status: `auth.me 200`.
        public var description: String { "\(endpoint) \(status)" }
    }

    private let lines = Mutex<[Line]>([])
    private let timings = Mutex<ServerTimings?>(nil)

    /// An empty journal.
    public init() {}

    /// The calls so far.
    public var all: [Line] { lines.withLock { $0 } }

    /// The calls so far, each as its endpoint and status.
    public var summary: [String] { all.map(\.description) }

    /// The timings of the call whose handler ended last.
    public var lastTimings: ServerTimings? { timings.withLock { $0 } }

    public func didFinish(_ call: Call, _ timings: ServerTimings) { self.timings.withLock { $0 = timings } }

    public func didReply(to call: Call, with reply: Reply) {
        let line = Line(
            endpoint: call.endpoint, status: reply.status, trace: call.trace, requestID: call.requestID,
            transport: call.transport, origin: call.origin)
        lines.withLock { $0.append(line) }
    }
}

extension Reply {
    /// The problem; `nil` for a success.
    public var problem: Problem? {
        if case .failure(let problem) = self { problem } else { nil }
    }

    /// The output; `nil` for a failure.
    public var output: JSONValue? {
        if case .success(_, let body, _) = self { try? JSONValue(json: body) } else { nil }
    }
}

/// Accepts tokens that list their permissions, `good` or `good:time:users`, as those of the user `ada`: for tests of services
/// without an issuer. Permissions with a colon of their own have commas between: `good,shop:read,shop:write`.
///
/// Asked to confirm a permission, it refuses a token that lists `revoked` or `taken`, and does not reply in time for one that
/// lists `silent`.
public struct FakeVerifier: TokenVerifier {
    /// The verifier for tests.
    public init() {}

    public func verify(_ token: String) async throws(Problem) -> Principal {
        guard token.hasPrefix("good") else { throw Problem(.tokenInvalid, "The token is not valid.") }
        let listed = token.dropFirst("good".count)
        let separator: Character = listed.first == "," ? "," : ":"
        let permissions = Set(listed.split(separator: separator).map(String.init))
        return Principal(subject: "ada", permissions: permissions, tokenID: "1", expires: .distantFuture)
    }

    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        guard let found = context.principal?.permissions else { throw Problem(.tokenMissing, "There is no token.") }
        if found.contains("revoked") { throw Problem(.tokenInvalid, "The token is not valid.") }
        if found.contains("taken") { throw Problem(.permissionDenied, "“\(permission)” was taken away.") }
        if found.contains("silent") { try? await Task.sleep(for: .seconds(60)) }
    }
}
