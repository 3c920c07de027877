import Contracts
import Endpoints
import Testing

/// What the services promise, written out a second time: a contract that is changed by accident differs from it.
@Suite("The contracts")
struct ContractTests {
    private static let table = """
        auth.create            POST /api/v1/auth/create 201 {data} open
        auth.valid             GET /api/v1/auth/valid 200 {data} token
        auth.keys              GET /.well-known/jwks.json 200 bare open
        auth.smoke             GET /api/v1/smoke 200 {data} open
        resource.current_time  GET /api/v1/resource/current_time /api/v1/time/current_time 200 {data} permission time
        resource.epoch_time    GET /api/v1/resource/epoch_time /api/v1/time/epoch_time 200 {data} permission time
        resource.smoke         GET /api/v1/smoke 200 {data} open
        webapp.current_time    GET /api/v1/time/current_time 200 {data} open
        webapp.epoch_time      GET /api/v1/time/epoch_time 200 {data} open
        webapp.smoke           GET /api/v1/smoke 200 {data} open
        boilerplate.greet      GET /api/v1/boilerplate/greeting/{name} 200 {data} open
        boilerplate.smoke      GET /api/v1/smoke 200 {data} open
        """

    private static let contracts = [
        AuthContract.description, ResourceContract.description, WebAppContract.description,
        BoilerplateContract.description,
    ]

    @Test("promise names, methods, paths, statuses and access as they are written here")
    func promises() {
        let lines = Self.contracts.flatMap { contract in
            contract.endpoints.map { Self.line(contract.qualifiedName(of: $0), $0) }
        }
        let expected = Self.table.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines == expected)
    }

    @Test("promise fields as they are written here")
    func fields() {
        func names(_ schema: Schema) -> [String] { schema.fields.map(\.name) }
        #expect(names(Credentials.schema) == ["user", "password"])
        #expect(names(TokenGrant.schema) == ["token", "expires_in"])
        #expect(names(PermissionQuestion.schema) == ["resource"])
        #expect(names(CurrentTime.schema) == ["current_time"])
        #expect(names(EpochTime.schema) == ["epoch_time"])
        #expect(names(BoilerplateContract.Person.schema) == ["name", "times"])
        #expect(names(BoilerplateContract.Greeting.schema) == ["greeting"])
        #expect(names(Smoke.schema) == ["status"])
    }

    @Test("say of each endpoint and each contract what it is for")
    func summaries() {
        for contract in Self.contracts {
            #expect(contract.summary.hasSuffix("."))
            for endpoint in contract.endpoints { #expect(endpoint.summary.hasSuffix(".")) }
        }
    }

    private static func line(_ name: String, _ endpoint: EndpointDescription) -> String {
        let access =
            switch endpoint.access {
            case .open: "open"
            case .token: "token"
            case .permission(let permission, let isFresh): "permission \(permission)\(isFresh ? " (fresh)" : "")"
            }
        let http = endpoint.http
        let words =
            [name, http.method.rawValue] + http.paths.map(\.description)
            + [String(http.status), http.envelope ? "{data}" : "bare", access]
        return words.joined(separator: " ")
    }
}
