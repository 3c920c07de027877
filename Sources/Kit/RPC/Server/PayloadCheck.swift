import Endpoints
import JSON

/// Compares the Swift type of a payload with its schema: two descriptions of one JSON, which only the example of the schema
/// holds together. No compiler notices a wrong name in `CodingKeys`.
enum PayloadCheck {
    /// Reads the example of the schema as the type, and writes it again; then reads what the type may be too narrow for.
    ///
    /// - Returns: a sentence on what does not fit, or `nil`. A schema without an example fits.
    static func mismatch<Value: Payload>(_ type: Value.Type) -> String? {
        guard let example = Value.schema.example else { return nil }
        if let fault = Value.schema.faults(of: example).first {
            return "The schema of \(type) refuses its own example: \(words(fault))."
        }
        do {
            let value = try JSONCoding.decode(Value.self, from: example)
            let written = try JSONValue(json: JSONCoding.encode(value))
            if let fault = Value.schema.faults(of: written).first {
                return "\(type) is written as its schema does not have it: \(words(fault))."
            }
            return lost(example, written, at: "").map { "\(type) has no \($0), which its schema has." }
                ?? Value.schema.variants(of: example).lazy.compactMap { unread($0, as: type) }.first
        } catch let error as DecodingError {
            return "\(type) cannot be read from the example of its schema: \(words(error.fault))."
        } catch {
            return "\(type) cannot be written: \(error)."
        }
    }

    /// Only what the type itself says: an `init(from:)` may compare members with each other.
    private static func unread<Value: Payload>(_ variant: SchemaVariant, as type: Value.Type) -> String? {
        do {
            _ = try JSONCoding.decode(Value.self, from: variant.whole)
            return nil
        } catch let error as DecodingError {
            guard error.fault.pointer == variant.pointer else { return nil }
            guard let value = variant.value else {
                return "\(type) cannot be read without \(variant.pointer), which its schema has as optional."
            }
            let text = String(decoding: value.json(), as: UTF8.self)
            return "\(type) cannot be read with \(text) at \(variant.pointer), which its schema allows."
        } catch {
            return nil
        }
    }

    private static func words(_ fault: Problem.FieldError) -> String {
        fault.pointer.isEmpty ? fault.detail : "\(fault.pointer) \(fault.detail)"
    }

    /// The JSON pointer of the first member of an example that was not written again.
    private static func lost(_ example: JSONValue, _ written: JSONValue, at pointer: String) -> String? {
        switch (example, written) {
        case (.object(let members), .object(let others)):
            for (name, value) in members where value != .null {
                guard let other = others[name] else { return "\(pointer)/\(name)" }
                if let lost = lost(value, other, at: "\(pointer)/\(name)") { return lost }
            }
            return nil
        case (.array(let elements), .array(let others)):
            return zip(elements, others).enumerated().lazy
                .compactMap { lost($1.0, $1.1, at: "\(pointer)/\($0)") }.first
        default: return nil
        }
    }
}
