import Documents
package import Endpoints
import Foundation
package import HTTPTransport

extension Page {
    /// What every service shows about itself: its OpenAPI document at `/schema`, and the explorer at `/docs`.
    package static func documents(of contracts: [ContractDescription]) -> [Page] {
        let openAPI = OpenAPI(contracts)
        let (json, yaml) = (openAPI.json, openAPI.yaml)
        let inYAML = Page("/schema", contentType: OpenAPI.yamlType) { yaml }
        let schema = Page("/schema", contentType: OpenAPI.jsonType, alternatives: [inYAML]) { json }
        return [schema]
            + Explorer.files.map { file in
                Page(file.path, contentType: file.contentType, headers: Explorer.headers) { file.content }
            }
    }
}
