import NIOCore
import NIOHTTP1

extension HTTPMapping {
    /// A page, as a response to a request with this `Accept`.
    static func answer(_ page: Page, accept: String?) async -> HTTPAnswer {
        let hasAlternatives = !page.alternatives.isEmpty
        let page = page.accepted(by: accept)
        var headers = HTTPHeaders(page.headers.map { ($0, $1) })
        headers.add(name: Header.contentType, value: page.contentType)
        headers.add(name: Header.contentTypeOptions, value: Header.noSniff)
        if hasAlternatives { headers.add(name: Header.vary, value: Header.accept) }
        if !headers.contains(name: Header.cacheControl) {
            headers.add(name: Header.cacheControl, value: Header.noStore)
        }
        return HTTPAnswer(
            status: .ok, headers: headers, body: ByteBuffer(bytes: await page.body()), pieces: page.pieces?())
    }
}
