public import Endpoints
import Foundation

/// The kit's own endpoint about the contract. Every service has it.
public enum MetaContract: Contract {
    public static let name = "_meta"
    public static let version = "1.0.0"
    public static let summary = "The contract of the service."

    public static let contract = Endpoint<Empty, JSONDocument>(
        "contract", .get, "/contract", envelope: false, access: .open,
        summary: "Returns the service's contract, with its hash."
    )

    public static let endpoints = Endpoints { contract }

    static func handlers(_ description: ContractDescriptor) -> Handlers {
        let document = JSONDocument(value: description.json)
        return Handlers { handle(contract) { _, _ in document } }
    }
}

/// An output that is any JSON object.
public struct JSONDocument: Payload, Equatable {
    public static let schema = Schema.map(of: .any)

    public let value: JSONValue

    public init(value: JSONValue) {
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        value = try JSONValue(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
    }
}
