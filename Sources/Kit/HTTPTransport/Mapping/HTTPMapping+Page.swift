import Gzip
import NIOCore
import NIOHTTP1

extension HTTPMapping {
    /// A page that stays the same, or comes in chunks, as a response to a request; `nil` if it has to be made first.
    ///
    /// - Parameter base: the URL by which a trusted proxy reaches the service.
    static func response(_ page: Page, to request: RequestHeaders, at base: ForwardedURL?) -> HTTPResponse? {
        let chosen = page.variant(accepting: request.accept)
        let headers = headers(of: chosen, isChosen: !page.alternatives.isEmpty)
        switch chosen.content {
        case .fixed(let content): return response(content, headers, to: request)
        case .addressed(let content): return response(content[base], headers, to: request)
        case .chunks(let chunks):
            return HTTPResponse(status: .ok, headers: headers, chunks: chunks(), heartbeat: page.heartbeat)
        case .redirection(let target): return redirection(to: target, headers)
        case .made: return nil
        }
    }

    /// A page that is made for the request, as a response.
    static func made(_ page: Page, for request: RequestHeaders) async -> HTTPResponse? {
        let chosen = page.variant(accepting: request.accept)
        guard case .made(let make) = chosen.content else { return nil }
        let headers = headers(of: chosen, isChosen: !page.alternatives.isEmpty)
        return HTTPResponse(status: .ok, headers: headers, body: ByteBuffer(bytes: await make()))
            .compressed(for: request)
    }

    private static func response(
        _ content: FixedContent, _ headers: HTTPHeaders, to request: RequestHeaders
    ) -> HTTPResponse {
        var response = HTTPResponse(status: .ok, headers: headers, body: content.body)
        var tag = "\"\(content.tag)\""
        if content.body.readableBytes >= Gzip.minSize {
            response.headers.add(name: Header.vary, value: Header.acceptEncoding)
            if request.acceptsGzip, let compressed = content.compressed {
                // Another representation has another tag (RFC 9110, section 8.8.3).
                tag = "\"\(content.tag)-gzip\""
                response.body = compressed
                response.headers.add(name: Header.contentEncoding, value: Header.gzip)
            }
        }
        response.headers.add(name: Header.eTag, value: tag)
        guard let known = request.ifNoneMatch, EntityTags.list(known, holds: tag) else { return response }
        response.status = .notModified
        response.body = ByteBuffer()
        response.headers.remove(name: Header.contentEncoding)
        response.headers.remove(name: Header.contentType)
        return response
    }

    private static func headers(of page: Page, isChosen: Bool) -> HTTPHeaders {
        var headers = HTTPHeaders(page.headers.map { ($0, $1) })
        headers.add(name: Header.contentType, value: page.contentType)
        headers.add(name: Header.contentTypeOptions, value: Header.noSniff)
        if isChosen { headers.add(name: Header.vary, value: Header.accept) }
        if !headers.contains(name: Header.cacheControl) {
            headers.add(name: Header.cacheControl, value: Header.noStore)
        }
        if case .chunks = page.content { headers.add(name: Header.buffering, value: "no") }
        return headers
    }

    /// A redirection, with a link for those who do not follow it by themselves (RFC 9110, section 15.4.4).
    private static func redirection(to target: String, _ headers: HTTPHeaders) -> HTTPResponse {
        var headers = headers
        headers.add(name: Header.location, value: target)
        return HTTPResponse(
            status: .seeOther, headers: headers, body: ByteBuffer(string: "<a href=\"\(target)\">\(target)</a>\n"))
    }

    /// The way from a page's path with a last slash to the one without. It is relative, since a proxy may have put the service
    /// below a path.
    static func redirection(to page: Page, query: Substring?) -> HTTPResponse {
        let name = page.path.split(separator: "/").last ?? ""
        let location = "../" + name + (query.map { "?" + $0 } ?? "")
        return HTTPResponse(status: .permanentRedirect, headers: [Header.location: location])
    }
}

extension HTTPResponse {
    /// The same with its body compressed, if the client takes that and the body is large enough.
    func compressed(for request: RequestHeaders) -> HTTPResponse {
        guard body.readableBytes >= Gzip.minSize else { return self }
        var response = self
        response.headers.add(name: Header.vary, value: Header.acceptEncoding)
        guard request.acceptsGzip, let compressed = Gzip.compress(body, isKept: false) else { return response }
        response.body = compressed
        response.headers.add(name: Header.contentEncoding, value: Header.gzip)
        return response
    }
}
