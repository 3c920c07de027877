import AsyncHTTPClient
import Endpoints
import HTTPTransport
import RPC
import RPCTesting
import Web

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
        try await Web.send(method, address + path, headers, body: body, type: nil, from: Self.client)
    }
}
