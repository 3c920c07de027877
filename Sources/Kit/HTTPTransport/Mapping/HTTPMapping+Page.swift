import HTTPTypes
import NIOCore

extension HTTPMapping {
    /// A page, as a response to a request with this `Accept`.
    static func answer(_ page: Page, accept: String?) async -> HTTPAnswer {
        let hasAlternatives = !page.alternatives.isEmpty
        let page = page.accepted(by: accept)
        var fields: HTTPFields = [.contentType: page.contentType]
        fields.append(.noSniff)
        if hasAlternatives { fields[.vary] = "Accept" }
        for (name, value) in page.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields[name] = value
        }
        if !fields.contains(.cacheControl) { fields.append(.noStore) }
        return HTTPAnswer(
            head: HTTPResponse(status: .ok, headerFields: fields), body: ByteBuffer(bytes: await page.body()),
            pieces: page.pieces?())
    }
}
