public import Endpoints
import Foundation

/// An endpoint together with the method that answers it.
public final class Handler: Sendable {
    typealias Answer = @Sendable (_ input: Data, CallContext, inout ServerTimings) async throws -> Data

    public let endpoint: EndpointDescriptor
    /// Decodes the input, runs the method, encodes the output. It throws a ``Problem``, or whatever the method throws.
    let answer: Answer
    let load = EndpointLoad()

    init(_ endpoint: EndpointDescriptor, answer: @escaping Answer) {
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
    Handler(endpoint.description) { json, context, timings in
        let input = try Coding.input(Input.self, from: json)
        timings.decode = timings.split()
        let output = try await method(input, context)
        timings.handler = timings.split()
        let body = try Coding.encode(output)
        timings.encode = timings.split()
        return body
    }
}
