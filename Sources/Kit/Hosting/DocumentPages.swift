import Documents
package import Endpoints
import Foundation
package import HTTPTransport

extension Page {
    /// The documents of every service: OpenAPI at `/schema`, AsyncAPI at `/schema/zeromq`, and the explorer at `/docs`.
    package static func documents(of contracts: [ContractDescription]) -> [Page] {
        let (openAPI, asyncAPI) = (OpenAPI(contracts), AsyncAPI(contracts))
        return [
            document("/schema", (OpenAPI.jsonType, openAPI.json), (OpenAPI.yamlType, openAPI.yaml)),
            document("/schema/zeromq", (AsyncAPI.jsonType, asyncAPI.json), (AsyncAPI.yamlType, asyncAPI.yaml)),
        ]
            + Explorer.files.map { file in
                Page(file.path, contentType: file.contentType, headers: Explorer.headers, content: file.content)
            }
    }

    /// A document in two media types.
    private static func document(
        _ path: String, _ json: (type: String, content: Data), _ yaml: (type: String, content: Data)
    ) -> Page {
        let caching = ["Cache-Control": "no-cache"]
        let inYAML = Page(path, contentType: yaml.type, headers: caching, content: yaml.content)
        return Page(path, contentType: json.type, headers: caching, alternatives: [inYAML], content: json.content)
    }
}
