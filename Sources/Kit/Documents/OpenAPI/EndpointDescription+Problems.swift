import Endpoints

extension EndpointDescriptor {
    /// The fields that travel in the query.
    func queryFields(_ path: PathTemplate) -> [Schema.Field] {
        http.method.hasBody ? [] : input.fields.filter { !path.fields.contains($0.name) }
    }

    /// The fields that travel in the body.
    func bodyFields(_ path: PathTemplate) -> [Schema.Field] {
        http.method.hasBody ? input.fields.filter { !path.fields.contains($0.name) } : []
    }

    /// Every kind of problem that a request to this endpoint can be answered with over HTTP, each once, by status.
    ///
    /// - Parameter isKits: whether the endpoint is one of the kit's own, which are answered even by a service that has
    /// too   much to do, or is about to stop.
    func possibleProblems(_ path: PathTemplate, isKits: Bool) -> [Problem.Kind] {
        var kinds: [Problem.Kind] = [.malformed, .internal, .deadlineExceeded]
        if access != .open { kinds += [.tokenMissing, .tokenInvalid, .tokenExpired, .unavailable] }
        if case .permission = access { kinds.append(.permissionDenied) }
        if !path.fields.isEmpty { kinds.append(.unknownEndpoint) }
        if http.method.hasBody { kinds += [.tooLarge, .unsupportedMediaType] }
        if http.method.hasBody || input.kind != .object([]) { kinds.append(.invalid) }
        if !isKits { kinds += [.overloaded, .notReady] }
        var seen: Set<Problem.Kind> = []
        return (kinds + problems).filter { seen.insert($0).inserted }
            .enumerated().sorted { ($0.element.status, $0.offset) < ($1.element.status, $1.offset) }.map(\.element)
    }
}

extension ContractDescriptor {
    /// True if it is one of the kit's own, which every service has.
    var isKits: Bool { name.hasPrefix("_") }

    /// The name for people: without the mark of the kit's own.
    var tag: String { isKits ? String(name.dropFirst()) : name }
}
