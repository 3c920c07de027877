import Endpoints
import Foundation

/// An error as OAuth writes it (RFC 6749, section 5.2): `{"error": …, "error_description": …}`.
enum OAuthError {
    private struct Document: Encodable {
        let error: String
        let error_description: String
    }

    /// The problem as an endpoint of OAuth has it.
    static func problem(_ problem: Problem) -> Problem {
        let details = [problem.detail] + problem.faults.map { "\($0.pointer.dropFirst()) \($0.detail)." }
        return Problem(
            problem.kind.oauth, details.joined(separator: " "), retryAfter: problem.retryAfter,
            isUnprocessed: problem.isUnprocessed)
    }

    static func json(_ problem: Problem) -> Data {
        let document = Document(error: problem.kind.code, error_description: plain(problem.detail))
        // A struct of strings always encodes.
        return (try? JSONCoding.encode(document)) ?? Data()
    }

    /// The characters that a description may hold.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.compactMap { scalar -> Character? in
                switch scalar {
                case "\u{201C}", "\u{201D}", "\"": "'"
                case " "..."~" where scalar != "\\": Character(scalar)
                default: nil
                }
            })
    }
}
