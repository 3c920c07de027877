import AuthClient
import Contracts
import Endpoints
import Foundation
import RPC
import RPCTesting
import Synchronization
import Testing

@testable import shop

@Suite("A shop of another package")
struct ShopTests {
    private let caller: any Caller
    private let orders: Client<OrdersContract>
    private let token = "good:orders"

    init() throws {
        caller = InProcessCaller(
            try Dispatcher(
                OrdersService(limit: 2), contract: OrdersContract.description, verifier: FakeVerifier()))
        orders = Client(caller)
    }

    private func place(_ lines: Line..., at time: Date? = nil) async throws -> Order {
        try await orders.call(OrdersContract.place, NewOrder(lines: lines, deliverBy: time), token: token)
    }

    @Test("reads and writes dates, decimal numbers, ids, words and lists as its schemas have them")
    func payloads() async throws {
        let time = Date(timeIntervalSince1970: 1_800_000_000)
        let price = try #require(Decimal(string: "0.10"))
        let order = try await place(Line(kind: .tea, count: 3, price: price), at: time)
        #expect(order.total == Decimal(string: "0.3") && order.deliverBy == time)
        let json = await caller.reply(to: OrdersContract.list, as: token)
        #expect(json?["orders"] == [try order.json])
        #expect(try order.json["deliver_by"] == "2027-01-15T08:00:00+00:00")
        _ = try await place(Line(kind: .coffee, count: 1, price: 20))
        let dear = try await orders.call(OrdersContract.list, OrderFilter(least: 10), token: token)
        #expect(dear.orders.map(\.total) == [20])
        let problem = await #expect(throws: Problem.self) { try await place(Line(kind: .tea, count: 1, price: 1)) }
        #expect(problem?.kind == .soldOut)
    }

    @Test("knows of orders by events, and by a call for what it missed")
    func events() async throws {
        let (orders, token) = (orders, token)
        let ledger = Ledger { known throws(Problem) in
            try await orders.call(OrdersContract.changes, known, token: token)
        }
        #expect(!ledger.isComplete)
        _ = try await place(Line(kind: .tea, count: 1, price: 2.5))
        try await ledger.resync()
        #expect(ledger.sum.orders == 1)
        let known = try await orders.call(OrdersContract.changes, Known(), token: token)
        _ = try await place(Line(kind: .tea, count: 1, price: 2))
        let missed = try await orders.call(
            OrdersContract.changes, Known(epoch: known.epoch, since: 1), token: token)
        let position = StreamPosition(epoch: known.epoch, sequence: 2)
        #expect(!ledger.apply(Event(topic: OrdersContract.topic, position: position)))
        #expect(ledger.apply(try Event(topic: OrdersContract.topic, position: position, changes: missed)))
        #expect(ledger.sum.orders == 2 && ledger.sum.total == 4.5)
    }

    @Test("has a token of its own, asked for once for all who need it, and again when it has ended")
    func ownToken() async throws {
        let auth = FakeAuth()
        let own = RenewingToken(auth, client: "bills", secret: "sesame")
        async let one = own.value()
        async let other = own.value()
        #expect(try await [one, other] == ["token 1", "token 1"])
        #expect(try await own.value() == "token 1" && auth.calls.load(ordering: .relaxed) == 1)
        let hasty = RenewingToken(FakeAuth(lifetime: 0), client: "bills", secret: "sesame")
        #expect(try await hasty.value() == "token 1")
        #expect(try await hasty.value() == "token 2")
        let problem = await #expect(throws: Problem.self) { try await hasty.value() }
        #expect(problem?.kind == .unavailable)
    }
}

/// Makes two tokens.
private final class FakeAuth: Caller {
    let calls = Atomic(0)
    private let lifetime: Int

    init(lifetime: Int = 300) {
        self.lifetime = lifetime
    }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let number = calls.add(1, ordering: .relaxed).newValue
        guard number < 3 else { return .failure(.notConnected) }
        return .success(
            status: 200,
            body: Data(
                """
                {"access_token": "token \(number)", "token_type": "Bearer", "expires_in": \(lifetime), "scope": "orders"}
                """.utf8))
    }

    var isConnected: Bool { true }

    func close() async {}
}

extension Caller {
    fileprivate func reply<Output>(to endpoint: Endpoint<OrderFilter, Output>, as token: String) async -> JSONValue? {
        let call = Call(OrdersContract.qualifiedName(of: endpoint), token: token, timeout: .seconds(1))
        return await self.call(call, endpoint.description).output
    }
}

extension Order {
    fileprivate var json: JSONValue {
        get throws {
            try JSONValue(json: Event(topic: "", position: .init(epoch: "", sequence: 1), changes: self).body)
        }
    }
}
