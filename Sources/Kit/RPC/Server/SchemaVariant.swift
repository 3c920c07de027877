import Endpoints
import JSON

/// An example with one place changed to what its schema allows there as well.
struct SchemaVariant {
    /// The JSON pointer of the place.
    private(set) var pointer: String
    /// The other value; `nil` if the member is left out.
    let value: JSONValue?
    private(set) var whole: JSONValue

    /// The change of a part, as one of what the part is in.
    fileprivate func within(_ name: String, _ whole: (JSONValue) -> JSONValue) -> SchemaVariant {
        SchemaVariant(pointer: "/\(Schema.escape(name))\(pointer)", value: value, whole: whole(self.whole))
    }
}

extension Schema {
    /// Variants of a value, in all that Swift types are often too narrow for: each optional member left out, each of the words
    /// of a text, and the ends of a range of integers.
    func variants(of example: JSONValue) -> [SchemaVariant] {
        switch (kind, example) {
        case (.string(_, _, _, let values), _): others(values.map { .string($0) })
        case (.integer(let range?), _): others([.integer(range.lowerBound), .integer(range.upperBound)])
        case (.array(let element, _), .array(let values)):
            values.first.map { first in
                element.variants(of: first).map { $0.within("0") { .array([$0] + values.dropFirst()) } }
            } ?? []
        case (.map(let element), .object(let members)):
            members.first.map { name, value in
                element.variants(of: value).map { $0.within(name) { .object(members.setting(name, to: $0)) } }
            } ?? []
        case (.object(let fields), .object(let members)): fields.flatMap { $0.variants(in: members) }
        default: []
        }
    }

    private func others(_ values: [JSONValue]) -> [SchemaVariant] {
        values.map { SchemaVariant(pointer: "", value: $0, whole: $0) }
    }
}

extension Schema.Field {
    fileprivate func variants(in members: JSONObject) -> [SchemaVariant] {
        guard let value = members[name] else { return [] }
        let without = SchemaVariant(
            pointer: "/\(Schema.escape(name))", value: nil, whole: .object(members.setting(name, to: nil)))
        return (isRequired ? [] : [without])
            + schema.variants(of: value).map { $0.within(name) { .object(members.setting(name, to: $0)) } }
    }
}
