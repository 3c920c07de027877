import Endpoints
import Foundation
import JSON

/// An endpoint as the HTTP front serves it.
final class Route: Sendable {
    /// The qualified name.
    let name: String
    let endpoint: EndpointDescriptor
    /// True if the input has fields at all.
    private let hasInput: Bool
    private let fields: [String: Schema]
    /// The response to a request that is refused before it is read as a call.
    let refusal: HTTPResponse

    init(_ name: String, _ endpoint: EndpointDescriptor) {
        self.name = name
        self.endpoint = endpoint
        hasInput = endpoint.input.kind != .object([])
        fields = Dictionary(endpoint.input.fields.map { ($0.name, $0.schema) }) { first, _ in first }
        refusal = HTTPMapping.refusal(of: endpoint)
    }

    /// True if input fields travel in a JSON body; otherwise they travel in the query.
    var hasBody: Bool { endpoint.http.method.hasBody }

    /// True if the body of a request is read as a form. A body without a type is, unless it looks like JSON: the RFCs of OAuth
    /// require the form, and some clients send no type by default (RFC 9110, section 8.3).
    func acceptsForm(_ headers: RequestHeaders, _ body: Data = Data()) -> Bool {
        guard endpoint.http.acceptsForms else { return false }
        guard headers.contentType == nil else { return headers.isForm }
        return body.first { !" \t\r\n".utf8.contains($0) }.map { !"{[\"".utf8.contains($0) } ?? false
    }

    /// The input of a request, as one JSON text.
    ///
    /// - Parameters:
    ///   - path: the texts of the fields in the path. They win over fields of the same name elsewhere.
    ///   - query: what follows the question mark; used if the method has no body.
    ///   - body: what was sent as body; used if the method has one.
    ///   - isForm: whether the body is a form, which is read as a query is.
    ///   - client: what a client has shown in the head.
    /// - Returns: the JSON text, which is empty if there is no input.
    /// - Throws: ``Problem/Kind/malformed`` if the query or the form is badly percent-encoded.
    func input(
        path: [String: String], query: Substring?, body: Data, isForm: Bool, client: (id: String, secret: String)? = nil
    ) throws(Problem) -> Data {
        guard hasInput else { return hasBody ? body : Data() }
        if hasBody, path.isEmpty, !isForm, client == nil { return body }
        var members = JSONObject()
        if isForm {
            members = try self.members(ofQuery: Substring(String(decoding: body, as: UTF8.self)))
        } else if !hasBody {
            members = try self.members(ofQuery: query ?? "")
        } else if !body.isEmpty {
            switch try? JSONValue(json: body) {
            case .object(let sent)?: members = sent
            // Some clients send it for a body that is optional.
            case .null?: break
            // Anything else is left for the dispatcher to refuse.
            default: return body
            }
        }
        for (name, text) in path.sorted(by: { $0.key < $1.key }) {
            members[name] = fields[name]?.value(ofText: text) ?? .string(text)
        }
        if let client { try add(client, to: &members) }
        if members.isEmpty, endpoint.input.acceptsEmptyObject { return Data() }
        return JSONValue.object(members).json()
    }

    /// A client has one way to show its secret (RFC 6749, section 2.3). One without a secret is a public one.
    private func add(_ client: (id: String, secret: String), to members: inout JSONObject) throws(Problem) {
        // Clients that have neither, such as Go's oauth2, send them empty. An empty parameter is none, in a body, too.
        guard !client.id.isEmpty || !client.secret.isEmpty else { return }
        guard members["client_secret"] == nil, [nil, .string(client.id)].contains(members["client_id"]) else {
            throw Problem(.malformed, "A client shows its id and its secret once.")
        }
        members["client_id"] = .string(client.id)
        if !client.secret.isEmpty { members["client_secret"] = .string(client.secret) }
    }

    private func members(ofQuery query: Substring) throws(Problem) -> JSONObject {
        var members = JSONObject()
        let (names, texts) = try texts(ofQuery: query)
        for name in names {
            // In OAuth an empty parameter is none (RFC 6749, section 3.1).
            let sent = texts[name] ?? []
            let texts = endpoint.http.oauth ? sent.filter { !$0.isEmpty } : sent
            guard let schema = schema(of: name), !texts.isEmpty else { continue }
            members[name] = Self.value(ofTexts: texts, schema)
        }
        // A query cannot express an empty list otherwise.
        for field in endpoint.input.fields where field.isRequired && members[field.name] == nil {
            if case .array = field.schema.kind { members[field.name] = .array([]) }
        }
        return members
    }

    /// The texts under each name, and the names in the order in which they appear first.
    private func texts(ofQuery query: Substring) throws(Problem) -> (names: [String], texts: [String: [String]]) {
        var names: [String] = []
        var texts: [String: [String]] = [:]
        for item in query.utf8.split(separator: UInt8(ascii: "&")) {
            let mark = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            let text = item[mark...].dropFirst()
            guard let name = PercentEncoding.decode(Substring(item[..<mark]), plusIsSpace: true),
                let value = PercentEncoding.decode(Substring(text), plusIsSpace: true)
            else { throw Problem(.malformed, "The query or the form is badly percent-encoded.") }
            if texts[name] == nil { names.append(name) }
            texts[name, default: []].append(value)
        }
        return (names, texts)
    }

    private func schema(of name: String) -> Schema? {
        if case .map(let schema) = endpoint.input.kind { return schema }
        return fields[name]
    }

    /// An item that is repeated makes a list; if the schema wants none, the dispatcher refuses it.
    private static func value(ofTexts texts: [String], _ schema: Schema) -> JSONValue {
        if case .array(let element, _) = schema.kind { return .array(texts.map(element.value(ofText:))) }
        guard let text = texts.first, texts.count == 1 else { return .array(texts.map(JSONValue.string)) }
        return schema.value(ofText: text)
    }
}

/// Two things would serve the same requests, or one none at all; the service does not start.
public struct RouteConflict: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// Finds the target of a request, by its method and path. Made once, at the start.
struct Routes: Sendable {
    /// The target of a method and a path.
    enum Destination {
        case endpoint(Route, fields: [String: String])
        case page(Page)
        /// The path is known and the method is OPTIONS (RFC 9110, section 9.3.7).
        case options(allow: String)
        case notFound(Problem, allow: String?)
    }

    private struct RouteEntry: Sendable {
        enum RouteTarget {
            case endpoint(Route)
            case page(Page)
        }

        let method: String
        let template: PathTemplate
        let target: RouteTarget
    }

    private static let get = "GET"
    private static let options = "OPTIONS"

    /// Entries without fields in their path, by the path.
    private var literal: [String: [RouteEntry]] = [:]
    /// Entries with fields in their path, those with the fewest first.
    private var templated: [RouteEntry] = []

    init(_ contracts: [ContractDescriptor], pages: [Page] = []) throws(RouteConflict) {
        for contract in contracts {
            for endpoint in contract.endpoints {
                let method = endpoint.http.method.rawValue
                let name = contract.qualifiedName(of: endpoint)
                for template in endpoint.http.paths {
                    add(RouteEntry(method: method, template: template, target: .endpoint(Route(name, endpoint))))
                }
            }
        }
        for page in pages {
            let template = PathTemplate(page.path)
            if let fault = template.fault
                ?? (template.fields.isEmpty ? nil : "has fields, which only an endpoint's has")
            {
                throw RouteConflict(description: "The page's path \(page.path) \(fault).")
            }
            if literal[template.description]?.contains(where: { $0.method == Self.get }) == true {
                throw RouteConflict(description: "The page \(page.path) has the path of an endpoint or another page.")
            }
            add(RouteEntry(method: Self.get, template: template, target: .page(page)))
        }
        templated.sort { $0.template.fields.count < $1.template.fields.count }
    }

    private mutating func add(_ entry: RouteEntry) {
        if entry.template.fields.isEmpty {
            literal[entry.template.description, default: []].append(entry)
        } else {
            templated.append(entry)
        }
    }

    /// Finds the target.
    ///
    /// - Parameters:
    ///   - method: of the request; HEAD finds what GET does.
    ///   - path: as it was sent, percent-encoded, without a last slash.
    /// - Returns: the target, or the reason why there is none.
    func destination(_ method: String, _ path: String) -> Destination {
        let method = method == "HEAD" ? Self.get : method
        let path = PercentEncoding.normalize(path)
        if let entry = literal[path]?.first(where: { $0.method == method }) {
            return destination(entry, [:])
        }
        for entry in templated where entry.method == method {
            if let fields = entry.template.match(path) { return destination(entry, fields) }
        }
        return otherwise(method, path)
    }

    private func destination(_ entry: RouteEntry, _ fields: [String: String]) -> Destination {
        switch entry.target {
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
    private func allow(_ entries: [RouteEntry]) -> String {
        var methods = Set(entries.map(\.method)).union([Self.options])
        if methods.contains(Self.get) { methods.insert("HEAD") }
        return methods.sorted().joined(separator: ", ")
    }
}
