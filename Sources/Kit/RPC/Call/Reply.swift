public import Endpoints
public import Foundation

/// What a call is answered with, the same on every wire.
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
}
