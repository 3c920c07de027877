import Background
public import Endpoints
import Foundation
import Hosting
import Logging
import OTLP
public import RPC
import Testing
import Tracing

// The code of the articles, as they show it. ArticlesTests compares the two.

public enum GreetingContract: Contract {
    public static let name = "greeting"
    public static let version = "1.0.0"
    public static let summary = "Greets people."

    public static let greet = Endpoint<Visitor, Welcome>(
        "greet", .get, "/api/v1/greeting/{name}", access: .permission("greet"), summary: "Greets a visitor by name.")

    public static let endpoints = EndpointList { greet }
}

public struct Visitor: Payload {
    public static let schema = Schema.object(
        .required("name", .string(length: 1...64, example: "Ada"), "Who is greeted."),
        .optional("times", .integer(1...10, example: 2), "The number of times; 1 by default."))

    public let name: String
    public let times: Int?
}

public struct Welcome: Payload {
    public static let schema = Schema.object(.required("words", .string(example: "Welcome, Ada!"), "What is said."))

    public let words: String
}

public actor GreetingService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var greeted = 0

    public init(executor: ServiceExecutor) {
        self.executor = executor
    }

    func greet(_ visitor: Visitor, _ context: CallContext) async throws -> Welcome {
        greeted += 1
        guard visitor.name != "Nobody" else { throw Problem(.notFound, "There is nobody of that name.") }
        return Welcome(words: "Welcome, \(visitor.name)!")
    }
}

extension GreetingService {
    public nonisolated var handlers: Handlers {
        Handlers { handle(GreetingContract.greet, with: greet) }
    }
}

func welcome(_ name: String, over caller: any Caller) async throws(Problem) -> String {
    let greeting = Client<GreetingContract>(caller)
    return try await greeting.call(GreetingContract.greet, Visitor(name: name, times: nil), token: "eyJhbGciOi").words
}

func trace(_ logger: Logger) {
    let exporter = OTLPExporter(
        to: OTLPEndpoint("http://localhost:4318/v1/traces"), resource: ["service.name": "shop"], logger: logger)
    InstrumentationSystem.bootstrap(OTLPTracer(exporter))
}

actor ReportService {
    private let disk = BlockingThreadPool(2, name: "disk")

    func report(_ name: String, _ context: CallContext) async throws -> Data {
        try await disk.run { try Data(contentsOf: URL(filePath: "/var/reports/" + name)) }
    }
}

extension Problem.Kind {
    static let soldOut = Self("sold_out", status: 409, title: "Sold out")
}

@Suite("What the articles show")
struct Snippets {
    private struct Greeters: TokenVerifier {
        func verify(_ token: String) async throws(Problem) -> Principal {
            Principal(subject: "ada", permissions: ["greet"], tokenID: "1", expires: .distantFuture)
        }
    }

    @Test("the service of “Add a service” answers")
    func greeting() async throws {
        let service = GreetingService(executor: QueueExecutor(name: "greeting"))
        let dispatcher = try Dispatcher(service, contract: GreetingContract.description, verifier: Greeters())
        #expect(try await welcome("Ada", over: InProcessCaller(dispatcher)) == "Welcome, Ada!")
        await #expect(throws: Problem(.notFound, "There is nobody of that name.")) {
            try await welcome("Nobody", over: InProcessCaller(dispatcher))
        }
    }

    @Test("a kind of problem of one's own has its code")
    func problem() {
        #expect(Problem(.soldOut, "No seats.").kind.code == "sold_out")
    }

    @Test("a setting of one's own is read")
    func setting() throws {
        let limit = Setting<Int>.integer(
            "GREETING_LIMIT", 1...1000, "How many visitors are greeted a day.", default: 100)
        let settings = Settings(["GREETING_LIMIT": "250"])
        let greeted = try settings.value(for: limit)
        #expect(greeted == 250)
    }
}
