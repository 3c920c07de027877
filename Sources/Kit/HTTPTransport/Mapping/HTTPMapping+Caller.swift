import AsyncHTTPClient
import Endpoints
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import RPC

extension HTTPMapping {
    /// A call, as a request.
    ///
    /// - Parameters:
    ///   - call: whose input, token and ids travel.
    ///   - endpoint: says how they do.
    ///   - base: `http://host:port`, without a last slash.
    ///   - remaining: the time that is left, sent to the peer in milliseconds.
    /// - Returns: the request, complete.
    /// - Throws: ``Problem/Kind/invalid`` if a field cannot travel in the path or the query.
    static func request(
        _ call: Call, _ endpoint: EndpointDescriptor, base: String, remaining: Duration
    ) throws(Problem) -> HTTPClientRequest {
        let (target, body) = try target(call, endpoint)
        var request = HTTPClientRequest(url: base + target)
        request.method = HTTPMethod(rawValue: endpoint.http.method.rawValue)
        request.headers.reserveCapacity(8)
        request.headers.add(name: Header.timeout, value: String(max(1, remaining.nanoseconds / 1_000_000)))
        request.headers.add(name: Header.traceParent, value: call.trace.header)
        if let state = call.trace.state { request.headers.add(name: Header.traceState, value: state) }
        if let requestID = call.requestID { request.headers.add(name: Header.requestID, value: requestID) }
        if call.timing != nil { request.headers.add(name: Header.prefer, value: Header.serverTiming.lowercased()) }
        if let token = call.token { request.headers.add(name: Header.authorization, value: "Bearer " + token) }
        if !body.isEmpty {
            request.headers.add(name: Header.contentType, value: call.contentType ?? Header.json)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }

    /// The path with its query, and what is left for the body.
    private static func target(_ call: Call, _ endpoint: EndpointDescriptor) throws(Problem) -> (String, Data) {
        let template = endpoint.http.path
        let hasBody = endpoint.http.method.hasBody
        var members = JSONObject()
        let inPath = template.fields
        if !inPath.isEmpty || !hasBody, !call.body.isEmpty {
            switch try JSONValue(body: call.body) {
            case .object(let sent): members = sent
            case .null: break
            default: throw Problem(.invalid, "The input is not an object.")
            }
        }
        guard let path = template.path({ members[$0]?.text }) else {
            let faults = inPath.filter { members[$0]?.text?.isEmpty ?? true }
            throw Problem(
                .invalid, "A field of the path \(template) has no text.",
                faults: faults.map { Problem.FieldError(pointer: "/" + $0, detail: "is missing") })
        }
        for name in inPath { members[name] = nil }
        if hasBody { return (path, inPath.isEmpty ? call.body : JSONValue.object(members).json()) }
        return (path + (try query(members)), Data())
    }

    private static func query(_ members: JSONObject) throws(Problem) -> String {
        var items: [String] = []
        for (name, value) in members where value != .null {
            let values = if case .array(let elements) = value { elements } else { [value] }
            for value in values {
                guard let text = value.text else {
                    let fault = Problem.FieldError(pointer: "/" + name, detail: "cannot travel in a query")
                    throw Problem(.invalid, "The input cannot travel in a query.", faults: [fault])
                }
                items.append(PercentEncoding.encode(name) + "=" + PercentEncoding.encode(text))
            }
        }
        return items.isEmpty ? "" : "?" + items.joined(separator: "&")
    }
}

extension HTTPMapping {
    /// A response, as the reply to a call.
    static func reply(
        status: Int, headers: HTTPHeaders, body: Data, _ endpoint: EndpointDescriptor
    ) -> Reply {
        guard 200..<300 ~= status else { return .failure(problem(status, headers, body, endpoint)) }
        guard endpoint.http.envelope, !body.isEmpty else {
            return .success(status: status, body: body, contentType: endpoint.output.contentType)
        }
        guard let output = Envelope.unwrap(body) else {
            return .failure(Problem(.unavailable, "The peer's answer has no data."))
        }
        return .success(status: status, body: output)
    }

    /// The longest pause that is passed on.
    private static let day = Duration.seconds(86_400)

    private static func problem(
        _ status: Int, _ headers: HTTPHeaders, _ body: Data, _ endpoint: EndpointDescriptor
    ) -> Problem {
        let pause = headers.first(name: Header.retryAfter).flatMap { Duration(retryAfter: $0) }.map { min($0, day) }
        let isUnprocessed = headers.first(name: Header.processed) == Header.notProcessed
        if endpoint.http.oauth,
            let problem = OAuthError.problem(
                status: status, json: body, retryAfter: pause, isUnprocessed: isUnprocessed)
        {
            return problem
        }
        let isDocument = headers.first(name: Header.contentType)?.hasPrefix(Problem.contentType) == true
        let problem = Problem(
            status: status, json: isDocument ? body : Data(), retryAfter: pause, isUnprocessed: isUnprocessed)
        // A service sends a document. Whoever does not is a proxy that has not reached it.
        return isDocument || ![502, 503, 504].contains(status) ? problem : problem.from(.connection)
    }
}
