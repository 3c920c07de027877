import Endpoints

/// A step of a walkthrough at one of its endpoint's paths: the request, its scripts, and examples of answers.
struct PostmanItem {
    private let step: Walkthrough.Step
    private let path: PathTemplate

    init(_ step: Walkthrough.Step, _ path: PathTemplate) {
        self.step = step
        self.path = path
    }

    var document: Document {
        let name = "\(step.contract).\(step.endpoint.name)"
        let isAlias = path != step.endpoint.http.path
        let scripts = PostmanScripts(step)
        return [
            "name": .string(isAlias ? "\(name) at \(path)" : name),
            "event": .array(
                [("prerequest", scripts.beforeRequest), ("test", scripts.afterResponse)]
                    .filter { !$0.1.isEmpty }.map(Self.event)),
            "request": PostmanRequest(step, path).document,
            "response": .array(examples),
        ]
    }

    private static func event(_ name: String, _ lines: [String]) -> Document {
        [
            "listen": .string(name),
            "script": ["type": "text/javascript", "exec": .array(lines.map { .string($0) })],
        ]
    }

    private var endpoint: EndpointDescriptor { step.endpoint }

    /// A success, one with all optional fields if there are any, and the refusal of a request without a token.
    private var examples: [Document] {
        let output = endpoint.output.example.map { Document($0, as: endpoint.output) } ?? [:]
        let answer: Document = endpoint.http.envelope ? ["data": output] : output
        let request = PostmanRequest(example: endpoint, path, step.contract)
        var examples = [example("Success", request, endpoint.http.status, "application/json", answer)]
        if endpoint.input.fields.contains(where: { !$0.isRequired }) {
            let full = request.withEveryField
            examples.append(example("With every field", full, endpoint.http.status, "application/json", answer))
        }
        if endpoint.access != .open {
            let refusal = Document.example(of: .tokenMissing)
            examples.append(example("Without a token", request.withoutToken, 401, Problem.contentType, refusal))
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
