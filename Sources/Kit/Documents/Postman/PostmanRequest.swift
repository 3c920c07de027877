import Endpoints

/// A request as Postman writes it, drawn from an endpoint's examples.
struct PostmanRequest {
    private let endpoint: EndpointDescription
    private let path: PathTemplate
    private let host: String
    private var showsToken: Bool
    private var saysEverything = false

    init(_ endpoint: EndpointDescription, _ path: PathTemplate, host: String) {
        self.endpoint = endpoint
        self.path = path
        self.host = host
        showsToken = endpoint.looksAtToken
    }

    /// The request as somebody without a token sends it.
    var withoutToken: PostmanRequest {
        var request = self
        request.showsToken = false
        return request
    }

    /// The request with its optional fields too.
    var withEveryField: PostmanRequest {
        var request = self
        request.saysEverything = true
        return request
    }

    var document: Document {
        var headers: [Document] = []
        if showsToken { headers.append(["key": "X-Token", "value": .string("{{\(PostmanCollection.token)}}")]) }
        if body != nil { headers.append(["key": "Content-Type", "value": "application/json"]) }
        return [
            "method": .string(endpoint.http.method.rawValue), "header": .array(headers), "body": body, "url": url,
            "description": .string(endpoint.summary),
        ]
    }

    private var url: Document {
        let segments = path.segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .field(let name): ":" + name
            }
        }
        let query = endpoint.queryFields(path).map { field in
            item(field).setting("disabled", isSaid(field) ? nil : true)
        }
        let said = endpoint.queryFields(path).filter(isSaid).map {
            "\($0.name)=\(PercentEncoding.encode(text(of: $0)))"
        }
        let base = "{{protocol}}://{{\(host)}}"
        let raw = base + "/" + segments.joined(separator: "/") + (said.isEmpty ? "" : "?" + said.joined(separator: "&"))
        let variables = path.fields.compactMap { name in endpoint.input.fields.first { $0.name == name }.map(item) }
        return [
            "raw": .string(raw), "protocol": "{{protocol}}", "host": [.string("{{\(host)}}")],
            "path": .array(segments.map { .string($0) }), "query": query.isEmpty ? nil : .array(query),
            "variable": variables.isEmpty ? nil : .array(variables),
        ]
    }

    private var body: Document? {
        let fields = endpoint.bodyFields(path).filter(isSaid)
        guard !fields.isEmpty else { return nil }
        let schema = Schema.object(fields)
        let text = String(decoding: Document(schema.example ?? [:], as: schema).json.dropLast(), as: UTF8.self)
        return ["mode": "raw", "raw": .string(text), "options": ["raw": ["language": "json"]]]
    }

    private func item(_ field: Schema.Field) -> Document {
        [
            "key": .string(field.name), "value": .string(text(of: field)),
            "description": .string(field.summary),
        ]
    }

    private func isSaid(_ field: Schema.Field) -> Bool { field.isRequired || saysEverything }

    private func text(of field: Schema.Field) -> String { field.schema.example?.text ?? "" }
}
