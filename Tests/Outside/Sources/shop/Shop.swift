import AuthClient
import Contracts
import Endpoints
import Hosting
import RPC

@main
enum Shop {
    static let limit = Setting<Int>.integer("ORDERS_LIMIT", 1...1_000_000, "How many orders are taken.", default: 1000)
    static let secret = Setting<String>.text(
        "BILLS_CLIENT_SECRET", "The secret by which bills is a client of auth.", default: nil, isSecret: true)

    static func main() async {
        await Application.main(orders, bills, socketFolder: ".star/run")
    }

    static let orders = ServiceModule(
        OrdersContract.self, port: 8081,
        settings: AuthClient.settings + EventSettings.all(of: OrdersContract.name) + [limit.description]
    ) { host in
        let auth = try await AuthClient(host)
        let service = OrdersService(limit: try host.settings.value(for: limit), publisher: try await host.publisher())
        return ServiceComponents(service, verifier: auth.verifier, background: [auth.run])
    }

    static let bills = ServiceModule(
        BillsContract.self, port: 8082,
        settings: AuthClient.settings + [
            ServiceSettings.address(of: OrdersContract.name), EventSettings.address(of: OrdersContract.name),
            secret.description,
        ]
    ) { host in
        let auth = try await AuthClient(host)
        let own = RenewingToken(
            try await host.caller(to: AuthContract.description), client: "bills",
            secret: try host.settings.value(for: secret))
        let orders = Client<OrdersContract>(try await host.caller(to: OrdersContract.description))
        let ledger = Ledger { known throws(Problem) in
            try await orders.call(OrdersContract.changes, known, token: own.value())
        }
        let monitor = SubscriptionMonitor(ledger)
        try await host.listen(to: OrdersContract.description, OrdersContract.topic, receive: monitor.receive)
        let logger = host.logger
        let background: [@Sendable () async throws -> Void] = [
            auth.run,
            {
                await monitor.run(failed: {
                    logger.warning("Orders cannot be read", metadata: ["reason": "\($0.detail)"])
                })
            },
        ]
        return ServiceComponents(BillsService(ledger), verifier: auth.verifier, background: background)
    }
}
