import Endpoints

/// The lines of JavaScript that Postman runs around a step's request.
struct PostmanScripts {
    private let step: Walkthrough.Step

    init(_ step: Walkthrough.Step) {
        self.step = step
    }

    /// They skip the request if a variable that it needs is empty, and set those that it generates.
    var beforeRequest: [String] {
        let generated = step.generates.map {
            set($0, #""postman-" + Math.random().toString(36).slice(2)"#)
        }
        guard let condition else { return generated }
        return [condition, "if (!isReady) pm.execution?.skipRequest?.();"] + generated.map { "if (isReady) " + $0 }
    }

    /// They test the answer, keep what later requests need, and clear what none needs any more. A runner that cannot skip
    /// requests tests nothing of those that were to be skipped.
    var afterResponse: [String] {
        let (status, output) = (step.endpoint.http.status, step.endpoint.http.envelope ? ".data" : "")
        var lines = [condition, test].compactMap(\.self)
        lines.append("const isDone = pm.response.code === \(status);")
        let fields = step.endpoint.output.fields.filter(\.isRequired)
        if !fields.isEmpty || !step.keeps.isEmpty {
            lines.append("const output = isDone ? pm.response.json()\(output) : {};")
        }
        lines += fields.map { field in
            "if (isDone) pm.test(\"The output has \(field.name)\", "
                + "() => pm.expect(output).to.have.property(\"\(field.name)\"));"
        }
        lines += step.keeps.map { field, variable in "if (isDone) " + set(variable, value(of: field)) }
        lines += step.generates.map { "if (!isDone) " + set($0, "\"\"") }
        lines += step.clears.map { set($0, "\"\"") }
        return lines
    }

    private var condition: String? {
        var conditions = step.needs.map { "pm.environment.get(\"\($0)\")" }
        if let permission = step.permission {
            conditions.append(
                "(pm.environment.get(\"\(Walkthrough.permissions)\") ?? \"\").split(\" \").includes(\"\(permission)\")")
        }
        return conditions.isEmpty ? nil : "const isReady = Boolean(\(conditions.joined(separator: " && ")));"
    }

    private var test: String {
        let problems = step.accepts + step.endpoint.problems.filter { $0 == .tooManyRequests }
        let statuses = [step.endpoint.http.status] + problems.map(\.status)
        let title = "Status is \(statuses.map(String.init).joined(separator: " or "))"
        let expectation =
            statuses.count == 1
            ? "pm.response.to.have.status(\(statuses[0]))"
            : "pm.expect(pm.response.code).to.be.oneOf(\(statuses))"
        return (condition == nil ? "" : "if (isReady) ") + "pm.test(\"\(title)\", () => \(expectation));"
    }

    private func value(of field: String) -> String {
        let schema = step.endpoint.output.fields.first { $0.name == field }?.schema
        guard case .array = schema?.kind else { return "output." + field }
        return "output.\(field).join(\" \")"
    }

    private func set(_ variable: String, _ value: String) -> String {
        "pm.environment.set(\"\(variable)\", \(value));"
    }
}
