import Endpoints

/// An endpoint at one of its paths: the request, its tests, and what it was answered.
struct PostmanItem {
    private let endpoint: EndpointDescription
    private let path: PathTemplate
    private let name: String
    private let host: String
    private let givesToken: Bool

    /// - Parameter givesToken: whether the answer holds a token, to be kept in the variable.
    init(
        _ contract: ContractDescription, _ endpoint: EndpointDescription, _ path: PathTemplate, host: String,
        givesToken: Bool
    ) {
        self.endpoint = endpoint
        self.path = path
        let isAlias = path != endpoint.http.path
        name = contract.qualifiedName(of: endpoint) + (isAlias ? " at \(path)" : "")
        self.host = host
        self.givesToken = givesToken
    }

    var document: Document {
        let request = PostmanRequest(endpoint, path, host: host)
        return [
            "name": .string(name), "event": [["listen": "test", "script": script]], "request": request.document,
            "response": .array(examples(request)),
        ]
    }

    private var script: Document {
        let status = endpoint.http.status
        var lines = [
            "pm.test(\"it is answered with \(status)\", () => pm.response.to.have.status(\(status)));",
            "pm.test(\"it is answered in time\", () => "
                + "pm.expect(pm.response.responseTime).to.be.below(\(Int(endpoint.deadline / .milliseconds(1)))));",
        ]
        let answer = "pm.response.json()" + (endpoint.http.envelope ? ".data" : "")
        lines += endpoint.output.fields.filter(\.isRequired).map { field in
            "pm.test(\"it has \(field.name)\", () => pm.expect(\(answer)).to.have.property(\"\(field.name)\"));"
        }
        if givesToken { lines.append("pm.environment.set(\"\(PostmanCollection.token)\", \(answer).token);") }
        return ["type": "text/javascript", "exec": .array(lines.map { .string($0) })]
    }

    /// A success, one with every field where there are optional ones, and the refusal of a request without a token.
    private func examples(_ request: PostmanRequest) -> [Document] {
        let output = endpoint.output.example.map { Document($0, as: endpoint.output) } ?? [:]
        let answer: Document = endpoint.http.envelope ? ["data": output] : output
        var examples = [example("done", request, endpoint.http.status, "application/json", answer)]
        if endpoint.input.fields.contains(where: { !$0.isRequired }) {
            let full = request.withEveryField
            examples.append(example("every field said", full, endpoint.http.status, "application/json", answer))
        }
        if endpoint.access != .open {
            let refusal = Document.example(of: .tokenMissing)
            examples.append(example("no token", request.withoutToken, 401, Problem.contentType, refusal))
        }
        return examples
    }

    private func example(
        _ title: String, _ request: PostmanRequest, _ status: Int, _ contentType: String, _ body: Document
    ) -> Document {
        [
            "name": .string(title), "originalRequest": request.document, "code": .integer(status),
            "_postman_previewlanguage": "json",
            "header": [["key": "Content-Type", "value": .string(contentType)]],
            "body": .string(String(decoding: body.json.dropLast(), as: UTF8.self)),
        ]
    }
}
