extension Problem.Kind {
    /// The codes that RFC 6749, section 5.2, and RFC 6750, section 3.1, define.
    private static let oauthCodes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "insufficient_scope",
    ]

    /// The kind as an endpoint of OAuth has it: those of the RFC stay, a request that cannot be read is an `invalid_request`,
    /// and of what is not the client's fault the status stays.
    package var oauth: Problem.Kind {
        guard !Self.oauthCodes.contains(code) else { return self }
        return switch status {
        case 400, 413, 415, 422: Self("invalid_request", status: 400, title: "The request is not one of OAuth")
        case 429, 503, 504: Self("temporarily_unavailable", status: status, title: title)
        default: Self("server_error", status: status, title: title)
        }
    }
}

extension Problem {
    /// The problem as an endpoint of OAuth has it, which knows no list of faults.
    package var oauth: Problem {
        let details = [detail] + faults.map { "\($0.pointer.dropFirst()) \($0.detail)." }
        return Problem(
            kind.oauth, details.joined(separator: " "), retryAfter: retryAfter, isUnprocessed: isUnprocessed)
    }
}
