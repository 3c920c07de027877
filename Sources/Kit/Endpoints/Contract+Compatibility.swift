extension ContractDescriptor {
    /// Checks whether a client that was written for another edition of this contract can be served.
    ///
    /// It can if every endpoint it knows is here, accepts what it sends and returns what it reads: a service may add
    /// endpoints, optional inputs and outputs, and may require less.
    ///
    /// - Returns: a sentence on what does not fit, or `nil`.
    public func incompatibility(with client: ContractDescriptor) -> String? {
        guard client.name == name else { return "The client wants the service \(client.name), and this is \(name)." }
        for wanted in client.endpoints {
            guard let own = endpoints.first(where: { $0.name == wanted.name }) else {
                return "The client knows the endpoint \(name).\(wanted.name), which is not here."
            }
            if let fault = own.input.fault(accepting: wanted.input, at: "") {
                return "\(name).\(wanted.name) does not take what the client sends: \(fault)."
            }
            if let fault = wanted.output.fault(accepting: own.output, at: "") {
                return "\(name).\(wanted.name) does not give what the client reads: \(fault)."
            }
        }
        return nil
    }
}

extension Schema {
    /// The reason why not every value of another schema has the form of this one, or `nil`. Ranges and lengths are left to
    /// validation.
    fileprivate func fault(accepting other: Schema, at pointer: String) -> String? {
        switch (kind, other.kind) {
        case (.any, _), (.string, .string), (.integer, .integer), (.number, .number), (.number, .integer),
            (.boolean, .boolean), (.bytes, .bytes):
            nil
        case (.array(let own, _), .array(let theirs, _)), (.map(let own), .map(let theirs)):
            own.fault(accepting: theirs, at: pointer + "/*")
        case (.object(let own), .object(let theirs)): Self.fault(own, accepting: theirs, at: pointer)
        default: "\(pointer.isEmpty ? "the whole" : pointer) is of another kind"
        }
    }

    private static func fault(_ own: [Field], accepting theirs: [Field], at pointer: String) -> String? {
        for field in own {
            let place = pointer + "/" + field.name
            guard let other = theirs.first(where: { $0.name == field.name }) else {
                if field.isRequired { return "\(place) is missing" }
                continue
            }
            if field.isRequired, !other.isRequired { return "\(place) may be missing" }
            if let fault = field.schema.fault(accepting: other.schema, at: place) { return fault }
        }
        return nil
    }
}
