import Endpoints

/// A contract and its handlers do not fit together; the service does not start.
public struct ContractError: Error, Equatable, CustomStringConvertible {
    public let description: String
}

extension Dispatcher {
    /// Puts each endpoint's handler under the endpoint's qualified name.
    static func bind(_ served: [(ContractDescriptor, Handlers)]) throws(ContractError) -> [String: Handler] {
        var bound: [String: Handler] = [:]
        var routes: [String: String] = [:]
        if let (own, _) = served.first { try check(own) }
        for (contract, handlers) in served {
            var unbound = try index(handlers, of: contract)
            if let name = contract.endpoints.map(\.name).firstRepeated {
                throw ContractError(description: "The endpoint \(contract.name).\(name) is in its contract twice.")
            }
            for endpoint in contract.endpoints {
                let name = contract.qualifiedName(of: endpoint)
                try check(endpoint, name)
                for path in endpoint.http.paths {
                    let route = endpoint.http.method.rawValue + " " + path.shape
                    if let other = routes.updateValue(name, forKey: route) {
                        throw ContractError(description: "The endpoints \(other) and \(name) have one path: \(route)")
                    }
                }
                guard let handler = unbound.removeValue(forKey: endpoint.name) else {
                    throw ContractError(description: "The endpoint \(name) has no handler.")
                }
                if let mismatch = handler.mismatch() {
                    throw ContractError(description: "The endpoint \(name) cannot be served. \(mismatch)")
                }
                bound[name] = handler
            }
            if let stray = unbound.keys.min() {
                throw ContractError(
                    description: "The handler of \(contract.name).\(stray) has no endpoint in the contract.")
            }
        }
        return bound
    }

    private static func index(
        _ handlers: Handlers, of contract: ContractDescriptor
    ) throws(ContractError) -> [String: Handler] {
        var index: [String: Handler] = [:]
        for handler in handlers.all where index.updateValue(handler, forKey: handler.endpoint.name) != nil {
            throw ContractError(description: "The endpoint \(contract.name).\(handler.endpoint.name) has two handlers.")
        }
        return index
    }

    /// Names that begin with `_` are the kit's own.
    private static func check(_ contract: ContractDescriptor) throws(ContractError) {
        guard isName(contract.name, 1...32, beside: "") else {
            throw ContractError(
                description: "The contract's name “\(contract.name)” is not made of 1 to 32 characters a-z and 0-9.")
        }
    }

    /// Not by a regular expression: each use of a literal parses it again, and that took a good part of the start.
    private static func isName(_ text: String, _ length: ClosedRange<Int>, beside others: String) -> Bool {
        length.contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || others.unicodeScalars.contains(scalar)
            }
    }

    private static func check(_ endpoint: EndpointDescriptor, _ name: String) throws(ContractError) {
        guard isName(endpoint.name, 1...64, beside: "_") else {
            throw ContractError(
                description: "The endpoint's name in “\(name)” is not made of 1 to 64 characters a-z, 0-9 and _.")
        }
        guard !endpoint.input.nestsBytes, !endpoint.output.nestsBytes else {
            throw ContractError(
                description: "The endpoint \(name) has bytes in a field; they are a payload of their own.")
        }
        guard endpoint.input.kind != .bytes || (endpoint.http.method.hasBody && !endpoint.http.acceptsForms) else {
            throw ContractError(
                description: "The endpoint \(name) takes bytes: that is for POST, PUT and PATCH without forms.")
        }
        if let fault = endpoint.fault { throw ContractError(description: "The endpoint \(name) has \(fault).") }
        for path in endpoint.http.paths {
            if let fault = path.fault { throw ContractError(description: "The path \(path) of \(name) \(fault).") }
        }
        let known = Set(endpoint.input.fields.map(\.name))
        for path in endpoint.http.paths {
            guard let unknown = path.fields.first(where: { !known.contains($0) }) else { continue }
            throw ContractError(
                description: "The path \(path) of \(name) names {\(unknown)}, which its input does not have.")
        }
        let inPath = Set(endpoint.http.paths.flatMap(\.fields))
        for field in endpoint.input.fields {
            if inPath.contains(field.name), !field.schema.isText {
                throw ContractError(
                    description: "The field \(field.name) of \(name) is in its path, and is no text or number.")
            }
            if !endpoint.http.method.hasBody, !field.schema.isText, field.schema.element?.isText != true {
                throw ContractError(
                    description: "The field \(field.name) of \(name) has no form in the query of a "
                        + "\(endpoint.http.method.rawValue): give it a method with a body.")
            }
        }
    }
}

extension EndpointDescriptor {
    /// Something that no wire carries as it is meant.
    fileprivate var fault: String? {
        if !(200...299).contains(http.status) {
            return "the status \(http.status), and a success has one of 200 to 299"
        }
        // RFC 9110, sections 15.3.5 and 15.3.6.
        if [204, 205].contains(http.status), !output.hasNoMembers {
            return "the status \(http.status), with which HTTP has no body, and an output"
        }
        guard (.milliseconds(1)...Dispatcher.maxDeadline).contains(deadline) else {
            return "a deadline of \(deadline), and calls have 1 ms to 30 s"
        }
        if case .permission(let permission, _) = access, !Self.isScope(permission) {
            return "the permission “\(permission)”, which a token cannot hold: it lists them with spaces between"
        }
        if let kind = problems.first(where: { !$0.isError }) {
            return "the problem \(kind.code) with the status \(kind.status), and problems have one of 400 to 599"
        }
        return (input.repeatedField ?? output.repeatedField).map { "two fields \($0) in one object" }
    }

    /// RFC 6749, section 3.3.
    private static func isScope(_ permission: String) -> Bool {
        !permission.isEmpty && permission.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }
}

extension Schema {
    /// The name that two members of one object have.
    fileprivate var repeatedField: String? {
        switch kind {
        case .array(let element, _): return element.repeatedField
        case .map(let value): return value.repeatedField
        case .object(let fields):
            return fields.map(\.name).firstRepeated ?? fields.lazy.compactMap(\.schema.repeatedField).first
        case .string, .integer, .number, .boolean, .any, .bytes: return nil
        }
    }

    /// True for an object that is always `{}`.
    fileprivate var hasNoMembers: Bool {
        if case .object(let fields) = kind { fields.isEmpty } else { false }
    }

    /// True if one text can stand for it, as in a path or a query.
    fileprivate var isText: Bool {
        switch kind {
        case .string, .integer, .number, .boolean, .any: true
        case .array, .object, .map, .bytes: false
        }
    }

    /// The schema of a list's elements.
    fileprivate var element: Schema? {
        if case .array(let element, _) = kind { element } else { nil }
    }
}

extension [String] {
    /// The first element that equals one before it.
    fileprivate var firstRepeated: String? {
        var known: Set<String> = []
        return first { !known.insert($0).inserted }
    }
}
