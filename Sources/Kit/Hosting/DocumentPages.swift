import Documents
package import Endpoints
import Foundation
package import HTTPTransport

extension Page {
    /// The documents of every service: OpenAPI at `/schema`, AsyncAPI at `/schema/zeromq`, and the explorer at `/docs`.
    package static func documents(of contracts: [ContractDescription]) -> [Page] {
        let openAPI = OpenAPI(contracts)
        let (json, yaml) = (openAPI.json, openAPI.yaml)
        let inYAML = Page("/schema", contentType: OpenAPI.yamlType) { yaml }
        let schema = Page("/schema", contentType: OpenAPI.jsonType, alternatives: [inYAML]) { json }
        return [schema, channels(of: contracts)]
            + Explorer.files.map { file in
                Page(file.path, contentType: file.contentType, headers: Explorer.headers) { file.content }
            }
    }

    private static func channels(of contracts: [ContractDescription]) -> Page {
        let asyncAPI = AsyncAPI(contracts)
        let (json, yaml) = (asyncAPI.json, asyncAPI.yaml)
        let inYAML = Page("/schema/zeromq", contentType: AsyncAPI.yamlType) { yaml }
        return Page("/schema/zeromq", contentType: AsyncAPI.jsonType, alternatives: [inYAML]) { json }
    }
}
