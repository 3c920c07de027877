import Documents
package import Endpoints
import Foundation
package import HTTPTransport

extension Page {
    /// All pages of a service: the documents, its own, and a redirection from `/` to `/docs` if it has nothing at `/`.
    ///
    /// - Parameter url: how this machine reaches the service; `nil` if that is not known yet.
    package static func all(
        of contracts: [ContractDescriptor], and own: [Page] = [], at url: String? = nil
    ) -> [Page] {
        let pages = documents(of: contracts, at: url) + own
        let hasHome =
            own.contains { PathTemplate($0.path) == home }
            || contracts.contains { $0.endpoints.contains { $0.http.method == .get && $0.http.paths.contains(home) } }
        return hasHome ? pages : pages + [Page(home.description, redirectingTo: "docs")]
    }

    private static let home: PathTemplate = "/"

    /// The documents of every service: OpenAPI at `/schema`, AsyncAPI at `/schema/zeromq`, and the explorer at `/docs`.
    ///
    /// - Parameter url: how this machine reaches the service; `nil` if that is not known yet.
    package static func documents(of contracts: [ContractDescriptor], at url: String? = nil) -> [Page] {
        let asyncAPI = AsyncAPI(contracts)
        return [
            document("/schema", OpenAPI.jsonType, OpenAPI.yamlType) { base, isYAML in
                let document = OpenAPI(contracts, servers: servers(url, base))
                return isYAML ? document.yaml : document.json
            },
            document("/schema/zeromq", AsyncAPI.jsonType, AsyncAPI.yamlType) { _, isYAML in
                isYAML ? asyncAPI.yaml : asyncAPI.json
            },
        ]
            + Explorer.files.map { file in
                Page(file.path, contentType: file.contentType, headers: Explorer.headers, content: file.content)
            }
    }

    /// The servers of a document: `./` is right wherever it was fetched; in a saved file the other one is. Nothing has to be
    /// guessed of a proxy that has named the whole URL.
    private static func servers(_ url: String?, _ base: ForwardedURL?) -> [String] {
        guard let base else { return ["./"] + (url.map { [$0 + "/"] } ?? []) }
        return base.isComplete ? [base.text] : ["./", base.text]
    }

    /// A document in two media types.
    private static func document(
        _ path: String, _ jsonType: String, _ yamlType: String,
        _ content: @escaping @Sendable (_ base: ForwardedURL?, _ isYAML: Bool) -> Data
    ) -> Page {
        let caching = ["Cache-Control": "no-cache"]
        let yaml = Page(path, contentType: yamlType, headers: caching, addressed: { content($0, true) })
        return Page(
            path, contentType: jsonType, headers: caching, alternatives: [yaml], addressed: { content($0, false) })
    }
}
