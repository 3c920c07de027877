import Foundation
public import JSON

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
        // Equal contracts are one, though what wrote one of them may have another order.
        let digest = FNV1a.hash(relied.sorted.json())
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
    fileprivate var members: JSONObject {
        var members: JSONObject = [
            "method": .string(method.rawValue), "paths": .array(paths.map { .string($0.description) }),
            "status": .integer(status), "envelope": .bool(envelope),
        ]
        if acceptsForms { members["forms"] = true }
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

/// The 64-bit FNV-1a hash: distinguishes contracts, and protects nothing.
private enum FNV1a {
    static func hash(_ bytes: Data) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension ContractDescriptor {
    /// Reads what ``json`` has written: the contract of a service that is known by its address only.
    ///
    /// - Throws: ``Problem/Kind/malformed`` if it is no contract.
    public init(json: JSONValue) throws(Problem) {
        guard let name = json["name"]?.string, let version = json["version"]?.string,
            let summary = json["summary"]?.string, case .array(let endpoints) = json["endpoints"]
        else { throw Problem(.malformed, "This is not a contract.") }
        var descriptions: [EndpointDescriptor] = []
        for endpoint in endpoints {
            guard let description = EndpointDescriptor(json: endpoint, of: name) else {
                throw Problem(.malformed, "The contract has an endpoint that cannot be read.")
            }
            descriptions.append(description)
        }
        self.init(name: name, typeName: nil, version: version, summary: summary, endpoints: descriptions)
    }
}

extension EndpointDescriptor {
    fileprivate init?(json: JSONValue, of contract: String) {
        guard let qualified = json["name"]?.string, qualified.hasPrefix(contract + "."),
            let access = json["access"].flatMap(Access.init(json:)),
            let http = json["http"].flatMap(HTTPBinding.init(json:)),
            case .bool(let isIdempotent) = json["idempotent"], let deadline = json["deadline_ms"]?.integer,
            (0...86_400_000).contains(deadline),
            let summary = json["summary"]?.string, let input = json["input"].flatMap(Schema.init(json:)),
            let output = json["output"].flatMap(Schema.init(json:))
        else { return nil }
        self.init(
            name: String(qualified.dropFirst(contract.count + 1)), http: http, access: access,
            isIdempotent: isIdempotent,
            deadline: .milliseconds(deadline), problems: [], summary: summary, input: input, inputName: nil,
            output: output, outputName: nil)
    }
}

extension Access {
    fileprivate init?(json: JSONValue) {
        switch (json["kind"]?.string, json["permission"]?.string) {
        case ("open", _): self = .open
        case ("token", _): self = .token
        case ("permission", let permission?):
            self = .permission(permission, introspect: json["introspect"] == .bool(true))
        default: return nil
        }
    }
}

extension HTTPBinding {
    fileprivate init?(json: JSONValue) {
        guard let method = json["method"]?.string.flatMap(HTTPMethod.init(rawValue:)),
            let paths = json["paths"]?.strings, !paths.isEmpty,
            let status = json["status"]?.integer, (100...599).contains(status),
            case .bool(let envelope) = json["envelope"]
        else { return nil }
        let maxAge = json["max_age"]?.integer
        guard maxAge.map((0...Int(Int32.max)).contains) != false else { return nil }
        self.init(
            method: method, paths: paths.map { PathTemplate($0) }, status: status, envelope: envelope,
            cache: maxAge.map { .seconds($0) }, acceptsForms: json["forms"] == true, oauth: json["oauth"] == true)
    }
}
