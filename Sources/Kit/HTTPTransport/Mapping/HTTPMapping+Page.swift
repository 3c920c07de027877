import HTTPTypes
import NIOCore

extension HTTPMapping {
    /// A page, as a response.
    static func answer(_ page: Page) async -> HTTPAnswer {
        var fields: HTTPFields = [.contentType: page.contentType]
        fields.append(.noSniff)
        for (name, value) in page.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields[name] = value
        }
        if !fields.contains(.cacheControl) { fields.append(.noStore) }
        return HTTPAnswer(
            head: HTTPResponse(status: .ok, headerFields: fields), body: ByteBuffer(bytes: await page.body()))
    }
}
