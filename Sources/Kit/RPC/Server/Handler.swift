public import Endpoints
import Foundation

/// An endpoint together with the method that answers it.
public final class Handler: Sendable {
    typealias Answer = @Sendable (_ input: Data, CallContext, inout Ledger) async throws -> Data

    public let endpoint: EndpointDescription
    /// Decodes the input, runs the method, encodes the output. It throws a ``Problem``, or whatever the method throws.
    let answer: Answer
    let load = EndpointLoad()

    init(_ endpoint: EndpointDescription, answer: @escaping Answer) {
        self.endpoint = endpoint
        self.answer = answer
    }
}

/// The handlers of a service, in the order of its contract.
public struct Handlers: Sendable {
    public let all: [Handler]

    public init(@Builder _ build: () -> [Handler]) {
        all = build()
    }

    @resultBuilder
    public enum Builder {
        public static func buildBlock(_ handlers: Handler...) -> [Handler] { handlers }
    }
}

/// Binds an endpoint to the method that answers it.
///
/// - Parameter method: an `async` method of the service's actor. It may throw a ``Problem`` to refuse the call; any other
///   error leaves as ``Problem/Kind/internal``. Its task is cancelled at the call's deadline.
public func handle<Input, Output>(
    _ endpoint: Endpoint<Input, Output>,
    with method: @escaping @Sendable (Input, CallContext) async throws -> Output
) -> Handler {
    Handler(endpoint.description) { json, context, ledger in
        let input = try Coding.input(Input.self, from: json)
        ledger.decode = ledger.lap()
        let output = try await method(input, context)
        ledger.handler = ledger.lap()
        let body = try Coding.encode(output)
        ledger.encode = ledger.lap()
        return body
    }
}
