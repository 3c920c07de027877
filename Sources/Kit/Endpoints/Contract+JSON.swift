import Foundation

extension ContractDescriptor {
    /// The contract as JSON, for programs: what `_meta.contract` answers.
    public var json: JSONValue {
        [
            "name": .string(name), "version": .string(version), "summary": .string(summary), "hash": .string(hash),
            "endpoints": .array(endpoints.map { $0.json(named: qualifiedName(of: $0)) }),
        ]
    }

    /// 16 hexadecimal digits that change with everything a client relies on: names, paths, access and schemas.
    public var hash: String {
        let relied = JSONValue.array(endpoints.map { $0.json(named: qualifiedName(of: $0)) })
        let digest = FNV1a.hash(relied.json())
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension EndpointDescriptor {
    fileprivate func json(named name: String) -> JSONValue {
        [
            "name": .string(name), "summary": .string(summary), "access": access.json,
            "idempotent": .bool(isIdempotent),
            "deadline_ms": .integer(Int(deadline / .milliseconds(1))),
            "http": .object(http.members),
            "input": input.json, "output": output.json,
        ]
    }
}

extension HTTPBinding {
    fileprivate var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "method": .string(method.rawValue), "paths": .array(paths.map { .string($0.description) }),
            "status": .integer(status), "envelope": .bool(envelope),
        ]
        if forms { members["forms"] = true }
        if oauth { members["oauth"] = true }
        if let cache { members["max_age"] = .integer(Int(cache.components.seconds)) }
        return members
    }
}

extension Access {
    fileprivate var json: JSONValue {
        switch self {
        case .open: ["kind": "open"]
        case .token: ["kind": "token"]
        case .permission(let permission, introspect: false): ["kind": "permission", "permission": .string(permission)]
        case .permission(let permission, introspect: true):
            ["kind": "permission", "permission": .string(permission), "introspect": .bool(true)]
        }
    }
}

/// The 64-bit FNV-1a hash: tells contracts apart, and protects nothing.
private enum FNV1a {
    static func hash(_ bytes: Data) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
