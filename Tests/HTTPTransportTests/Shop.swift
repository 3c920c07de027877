import AsyncHTTPClient
import Endpoints
import Foundation
import HTTPTransport
import NIOCore
import NIOHTTP1
import RPC

/// A shop behind an HTTP front on a free port, and a plain HTTP client to reach it by.
struct Shop {
    let address: String
    let front: HTTPFront
    let service = ShopService()
    let journal = Journal()

    var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

    /// Runs a test with a shop that is stopped at the end.
    static func open(
        _ settings: HTTPFront.FrontSettings = HTTPFront.FrontSettings(), pages: [Page] = [],
        _ test: (Shop) async throws -> Void
    ) async throws {
        let shop = try await Shop(settings, pages)
        do {
            try await test(shop)
        } catch {
            await shop.front.stop()
            throw error
        }
        await shop.front.stop()
    }

    private init(_ settings: HTTPFront.FrontSettings, _ pages: [Page]) async throws {
        let dispatcher = try Dispatcher(
            service, contract: ShopContract.description, verifier: FakeVerifier(), observers: [journal])
        front = try HTTPFront(dispatcher, settings: settings, pages: pages)
        address = try await front.start()[0]
    }

    /// It leaves bodies as they come.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(decompression: .disabled))

    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], body: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 24)
        return Answer(
            status: Int(response.status.code), headers: response.headers, bytes: Array(bytes.readableBytesView))
    }
}

/// A response as a test looks at it.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]

    var body: String { String(decoding: bytes, as: UTF8.self) }

    subscript(_ header: String) -> String? { headers.first(name: header) }

    /// The members of the problem document.
    var problem: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
    }

    var code: String? { problem["code"] as? String }
    var pointers: [String] { (problem["errors"] as? [[String: String]] ?? []).compactMap { $0["pointer"] } }
}
