import Endpoints
import JSON

/// A request as Postman writes it.
struct PostmanRequest {
    private let endpoint: EndpointDescriptor
    private let path: PathTemplate
    private let host: String
    private let input: [String: JSONValue]
    private var token: String?
    private var hasEveryField = false

    /// A step's request, with variables in it.
    init(_ step: Walkthrough.Step, _ path: PathTemplate) {
        endpoint = step.endpoint
        self.path = path
        host = PostmanCollection.host(of: step.contract)
        input = step.input
        token = step.token
    }

    /// A request drawn from the examples of an endpoint's fields.
    init(example endpoint: EndpointDescriptor, _ path: PathTemplate, _ contract: String) {
        self.init(Walkthrough.Step(contract, endpoint), path)
    }

    var withoutToken: PostmanRequest {
        var request = self
        request.token = nil
        return request
    }

    var withEveryField: PostmanRequest {
        var request = self
        request.hasEveryField = true
        return request
    }

    var document: JSONValue {
        var headers: [JSONValue] = []
        if let token { headers.append(["key": .string(Access.tokenHeader), "value": .string("{{\(token)}}")]) }
        if body != nil {
            let contentType = endpoint.input.contentType ?? "application/json"
            headers.append(["key": "Content-Type", "value": .string(contentType)])
        }
        return [
            "method": .string(endpoint.http.method.rawValue), "header": .array(headers), "body": body, "url": url,
            "description": .string(endpoint.summary),
        ]
    }

    private var url: JSONValue {
        let segments = path.segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .field(let name): ":" + name
            }
        }
        let query = endpoint.queryFields(path).map { field in
            item(field).setting("disabled", isSent(field) ? nil : true)
        }
        let sent = endpoint.queryFields(path).filter(isSent).map {
            "\($0.name)=\(PercentEncoding.encode(text(of: $0)))"
        }
        let base = "{{protocol}}://{{\(host)}}"
        let raw = base + "/" + segments.joined(separator: "/") + (sent.isEmpty ? "" : "?" + sent.joined(separator: "&"))
        let variables = path.fields.compactMap { name in endpoint.input.fields.first { $0.name == name }.map(item) }
        return [
            "raw": .string(raw), "protocol": "{{protocol}}", "host": [.string("{{\(host)}}")],
            "path": .array(segments.map { .string($0) }), "query": query.isEmpty ? nil : .array(query),
            "variable": variables.isEmpty ? nil : .array(variables),
        ]
    }

    private var body: JSONValue? {
        if endpoint.input.contentType != nil { return ["mode": "file", "file": ["src": ""]] }
        let fields = endpoint.bodyFields(path).filter(isSent)
        guard !fields.isEmpty else { return nil }
        let members = JSONObject(fields.compactMap { field in value(of: field).map { (field.name, $0) } })
        let text = String(decoding: JSONValue.object(members).json(pretty: true), as: UTF8.self)
        return ["mode": "raw", "raw": .string(text), "options": ["raw": ["language": "json"]]]
    }

    private func item(_ field: Schema.Field) -> JSONValue {
        [
            "key": .string(field.name), "value": .string(text(of: field)),
            "description": .string(field.summary),
        ]
    }

    private func isSent(_ field: Schema.Field) -> Bool {
        field.isRequired || hasEveryField || input[field.name] != nil
    }

    private func value(of field: Schema.Field) -> JSONValue? { input[field.name] ?? field.schema.example }

    private func text(of field: Schema.Field) -> String { value(of: field)?.text ?? "" }
}
