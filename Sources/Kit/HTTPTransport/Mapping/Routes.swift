import Endpoints

/// Two things would answer the same requests; the service does not start.
public struct RouteConflict: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// Finds what answers a request, by its method and path. Made once, at the start.
struct Routes: Sendable {
    /// The target of a method and a path.
    enum Destination {
        case endpoint(Route, fields: [String: String])
        case page(Page)
        /// The path is known and the method is OPTIONS (RFC 9110, section 9.3.7).
        case options(allow: String)
        case notFound(Problem, allow: String?)
    }

    private struct Entry: Sendable {
        enum Kind {
            case endpoint(Route)
            case page(Page)
        }

        let method: String
        let template: PathTemplate
        let kind: Kind
    }

    private static let get = "GET"
    private static let options = "OPTIONS"

    /// Entries without fields in their path, by the path.
    private var literal: [String: [Entry]] = [:]
    /// Entries with fields in their path, those with the fewest first.
    private var templated: [Entry] = []

    init(_ contracts: [ContractDescriptor], pages: [Page] = []) throws(RouteConflict) {
        for contract in contracts {
            for endpoint in contract.endpoints {
                let method = endpoint.http.method.rawValue
                let name = contract.qualifiedName(of: endpoint)
                for template in endpoint.http.paths {
                    add(Entry(method: method, template: template, kind: .endpoint(Route(name, endpoint))))
                }
            }
        }
        for page in pages {
            let template = PathTemplate(page.path)
            if literal[template.description]?.contains(where: { $0.method == Self.get }) == true {
                throw RouteConflict(description: "The page \(page.path) has the path of an endpoint or another page.")
            }
            add(Entry(method: Self.get, template: template, kind: .page(page)))
        }
        templated.sort { $0.template.fields.count < $1.template.fields.count }
    }

    private mutating func add(_ entry: Entry) {
        if entry.template.fields.isEmpty {
            literal[entry.template.description, default: []].append(entry)
        } else {
            templated.append(entry)
        }
    }

    /// Finds what answers.
    ///
    /// - Parameters:
    ///   - method: of the request; HEAD finds what GET does.
    ///   - path: as it was sent, percent-encoded, without a last slash.
    /// - Returns: what answers, or why nothing does.
    func destination(_ method: String, _ path: String) -> Destination {
        let method = method == "HEAD" ? Self.get : method
        if let entry = literal[path]?.first(where: { $0.method == method }) {
            return destination(entry, [:])
        }
        for entry in templated where entry.method == method {
            if let fields = entry.template.match(path) { return destination(entry, fields) }
        }
        return otherwise(method, path)
    }

    private func destination(_ entry: Entry, _ fields: [String: String]) -> Destination {
        switch entry.kind {
        case .endpoint(let route): .endpoint(route, fields: fields)
        case .page(let page): .page(page)
        }
    }

    private func otherwise(_ method: String, _ path: String) -> Destination {
        // About the service as a whole (RFC 9110, section 9.3.7).
        if path == "*", method == Self.options { return .options(allow: allow(literal.values.joined() + templated)) }
        let there = (literal[path] ?? []) + templated.filter { $0.template.match(path) != nil }
        guard !there.isEmpty else {
            guard PercentEncoding.decode(path) != nil else {
                return .notFound(Problem(.malformed, "The path is badly percent-encoded."), allow: nil)
            }
            return .notFound(Problem(.unknownEndpoint, "There is nothing at this path."), allow: nil)
        }
        let allow = allow(there)
        if method == Self.options { return .options(allow: allow) }
        return .notFound(Problem(.methodNotAllowed, "The path answers \(allow)."), allow: allow)
    }

    /// The methods of some entries, as `Allow` names them.
    private func allow(_ entries: [Entry]) -> String {
        var methods = Set(entries.map(\.method)).union([Self.options])
        if methods.contains(Self.get) { methods.insert("HEAD") }
        return methods.sorted().joined(separator: ", ")
    }
}
