/// The input or output of an endpoint: a `Codable` struct, and the schema that says what its JSON looks like.
///
/// The schema validates an input on every front before it is decoded, and it is what the documents show.
public protocol Payload: Codable, Sendable {
    static var schema: Schema { get }
}

/// The payload of an endpoint that takes nothing, or has nothing to say. As JSON it is `{}`.
public struct Empty: Payload, Equatable {
    public static let schema = Schema.object()

    public init() {}
}
