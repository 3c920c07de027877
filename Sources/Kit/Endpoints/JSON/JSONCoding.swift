package import Foundation

/// Payloads as JSON texts and back, on every wire.
///
/// A text is parsed once: what was validated as a ``JSONValue`` is what is decoded. Members are written in the order in
/// which the type encodes them.
package enum JSONCoding {
    /// - Throws: `EncodingError` for a number that is not finite; JSON has none.
    package static func encode(_ value: some Encodable) throws -> Data {
        let output = JSONOutput()
        try output.write(value)
        output.text.close(to: 0)
        return Data(output.text.bytes)
    }

    /// - Throws: `DecodingError` where the value is not what the type wants.
    package static func decode<Value: Decodable>(_: Value.Type, from json: JSONValue) throws -> Value {
        try JSONInput(json).read(Value.self)
    }

    /// - Throws: ``Problem/Kind/malformed`` where the text is not JSON; `DecodingError`.
    package static func decode<Value: Decodable>(_ type: Value.Type, from json: Data) throws -> Value {
        try decode(type, from: JSONValue(json: json))
    }
}
