public import Endpoints
public import RPC

extension Reply {
    /// The problem; `nil` for a success.
    public var problem: Problem? {
        if case .failure(let problem) = self { problem } else { nil }
    }

    /// The output; `nil` for a failure.
    public var output: JSONValue? {
        if case .success(_, let body) = self { try? JSONValue(json: body) } else { nil }
    }
}
