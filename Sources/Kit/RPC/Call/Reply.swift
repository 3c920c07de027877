public import Endpoints
public import Foundation

/// The answer to a call, the same on every wire.
public enum Reply: Sendable {
    /// The output as JSON, without the envelope that belongs to REST.
    case success(status: Int, body: Data)
    case failure(Problem)

    /// The HTTP status code.
    public var status: Int {
        switch self {
        case .success(let status, _): status
        case .failure(let problem): problem.status
        }
    }

    /// The reply of an endpoint of OAuth (``HTTPBinding/oauth``), which has errors of its own.
    var oauth: Reply {
        switch self {
        case .success: self
        case .failure(let problem): .failure(problem.oauth)
        }
    }
}
