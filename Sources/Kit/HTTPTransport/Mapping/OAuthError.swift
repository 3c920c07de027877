import Endpoints
import Foundation

/// An error as OAuth writes it (RFC 6749, section 5.2): `{"error": …, "error_description": …}`.
enum OAuthError {
    private struct Document: Codable {
        let error: String
        let error_description: String?
    }

    /// The problem that a response holds; `nil` if it is no error of OAuth.
    static func problem(status: Int, json: Data, retryAfter: Duration?, isUnprocessed: Bool) -> Problem? {
        guard let document = try? JSONCoding.decode(Document.self, from: json) else { return nil }
        return Problem(
            Problem.Kind(document.error, status: status, title: "The peer has refused the request"),
            document.error_description ?? "", retryAfter: retryAfter, isUnprocessed: isUnprocessed)
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
