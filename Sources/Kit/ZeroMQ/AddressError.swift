/// The reason why a text is not an address. `description` is a sentence for a person who wrote a setting.
public struct AddressError: Error, Sendable, Equatable, CustomStringConvertible {
    public let text: String
    public let reason: String

    public var description: String { "\"\(text)\" is not a ZeroMQ address: \(reason)." }
}
