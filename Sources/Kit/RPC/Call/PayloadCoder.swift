package import Endpoints
package import Foundation
import JSON

/// Payloads to bodies and back, by the rules that hold on every wire.
package enum PayloadCoder {
    /// Reads and checks an input. Nothing at all, and `null`, are read as `{}` if that is valid: some clients send
    /// `null` for a body that is optional.
    ///
    /// - Throws: ``Problem/Kind/malformed`` if it is not JSON, ``Problem/Kind/invalid`` with its faults if it
    /// breaks the schema, or whatever problem its type's `init(from:)` throws.
    package static func input<Input: Payload>(_: Input.Type, from body: Data) throws(Problem) -> Input {
        if Input.self == Bytes.self, let bytes = Bytes(body) as? Input { return bytes }
        var json = body.isEmpty ? JSONValue.object([:]) : try JSONValue(body: body)
        if json == .null, Input.schema.acceptsEmptyObject { json = [:] }
        let faults = Input.schema.faults(of: json)
        guard faults.isEmpty else {
            throw Problem(
                .invalid, "The input has \(words(faults.count)).", faults: faults)
        }
        do {
            return try JSONCoding.decode(Input.self, from: json)
        } catch let error as DecodingError {
            throw Problem(.invalid, "The input cannot be decoded.", faults: [error.fault])
        } catch let problem as Problem where problem.kind.isError {
            // A type that compares its members with each other says so in its own words.
            throw problem
        } catch {
            throw Problem(.invalid, "The input cannot be decoded.")
        }
    }

    private static func words(_ faults: Int) -> String {
        switch faults {
        case 1: "1 fault"
        case Schema.maxFaults...: "\(faults) faults or more"
        default: "\(faults) faults"
        }
    }

    /// Reads an output that a peer has sent.
    ///
    /// - Throws: ``Problem/Kind/unavailable``, with the place of the fault: a peer that breaks the contract is as good as
    /// none.
    package static func output<Output: Payload>(_: Output.Type, from body: Data) throws(Problem) -> Output {
        if Output.self == Empty.self, let nothing = Empty() as? Output { return nothing }
        if Output.self == Bytes.self, let bytes = Bytes(body) as? Output { return bytes }
        do {
            return try JSONCoding.decode(Output.self, from: body)
        } catch let error as DecodingError {
            throw Problem(.unavailable, "The peer's answer breaks the contract.", faults: [error.fault])
        } catch {
            throw Problem(.unavailable, "The peer's answer breaks the contract.")
        }
    }

    /// Writes a payload; nothing at all for ``Empty``, and ``Bytes`` as they are.
    package static func encode<Output: Payload>(_ payload: Output) throws -> Data {
        if Output.self == Empty.self { return Data() }
        if Output.self == Bytes.self, let bytes = payload as? Bytes { return bytes.data }
        return try JSONCoding.encode(payload)
    }
}

extension DecodingError {
    /// The place at which decoding stopped, as a JSON pointer, and the reason.
    var fault: Problem.FieldError {
        switch self {
        case .keyNotFound(let key, let context):
            Problem.FieldError(pointer: Self.pointer(context.codingPath + [key]), detail: "is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            Problem.FieldError(pointer: Self.pointer(context.codingPath), detail: context.debugDescription)
        @unknown default:
            Problem.FieldError(pointer: "", detail: "cannot be decoded")
        }
    }

    private static func pointer(_ path: [any CodingKey]) -> String {
        path.map { "/" + ($0.intValue.map(String.init) ?? Schema.escape($0.stringValue)) }.joined()
    }
}
