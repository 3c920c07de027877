import Contracts
import Endpoints
import Foundation
import JOSE
import JSON
import RPC
import Testing
import Tokens
import Web

/// One request and what it must be answered with.
struct Exchange: CustomTestStringConvertible, Sendable {
    enum Token: String, Sendable {
        case none = "-"
        /// A token that permits to see the time.
        case time
        /// A token that permits something else.
        case tide
        case garbled
    }

    let service: String
    let method: String
    let path: String
    let token: Token
    let status: Int
    /// The members of the data, or the code of the problem.
    let content: [String]

    /// A line of a table: service, method, path, token, status, content.
    init(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        (service, method, path) = (words[0], words[1], words[2])
        token = Token(rawValue: words[3]) ?? .none
        status = Int(words[4]) ?? 0
        content = words.dropFirst(5).map(\.self)
    }

    static func table(_ text: String) -> [Exchange] { text.split(separator: "\n").map { Exchange($0) } }

    var testDescription: String { "\(method) \(path) at \(service) with token \(token.rawValue) is a \(status)" }

    /// The path without and with a last slash.
    var paths: [String] {
        guard let query = path.firstIndex(of: "?") else { return [path, path + "/"] }
        return [path, path[..<query] + "/" + path[query...]]
    }
}

@Suite("REST", .served, .timeLimit(.minutes(5)))
struct RESTTests {
    let site: Site

    init() throws {
        site = try #require(ServedTrait.site)
    }

    /// The whole surface, each path of which answers with a last slash too.
    static let surface = Exchange.table(
        """
        auth POST /api/v1/auth/create - 201 token expires_in
        auth GET /api/v1/auth/valid?resource=time time 200
        auth GET /api/v1/auth/valid?resource=time tide 403 permission_denied
        auth GET /api/v1/auth/valid?resource=time garbled 401 token_invalid
        auth GET /api/v1/auth/valid?resource=time - 401 token_missing
        auth GET /api/v1/auth/valid time 422 invalid_input
        auth GET /api/v1/auth/me time 200 user permissions expires
        auth POST /api/v1/auth/refresh - 422 invalid_input
        auth GET /api/v1/auth/users time 403 permission_denied
        auth GET /api/v1/auth/users/ada time 200 id user permissions roles locked failed_attempts created changed
        auth GET /api/v1/auth/users/bob time 403 permission_denied
        auth GET /api/v1/smoke - 200 status
        resource GET /api/v1/resource/current_time time 200 current_time
        resource GET /api/v1/resource/epoch_time time 200 epoch_time
        resource GET /api/v1/time/current_time time 200 current_time
        resource GET /api/v1/time/epoch_time time 200 epoch_time
        resource GET /api/v1/resource/current_time - 401 token_missing
        resource GET /api/v1/resource/epoch_time garbled 401 token_invalid
        resource GET /api/v1/time/current_time tide 403 permission_denied
        resource GET /api/v1/time/epoch_time tide 403 permission_denied
        resource GET /api/v1/smoke - 200 status
        webapp GET /api/v1/time/current_time - 200 current_time
        webapp GET /api/v1/time/epoch_time - 200 epoch_time
        webapp GET /api/v1/time/current_time time 200 current_time
        webapp GET /api/v1/time/epoch_time tide 403 permission_denied
        webapp GET /api/v1/time/epoch_time garbled 401 token_invalid
        webapp GET /api/v1/clock - 200 current_time link microseconds
        webapp GET /api/v1/clock tide 403 permission_denied
        webapp POST /api/v1/session - 201 token expires_in
        webapp GET /api/v1/session tide 200 user permissions
        webapp GET /api/v1/session - 401 token_missing
        webapp GET /api/v1/services - 200 services
        webapp GET /api/v1/calls - 200 calls
        webapp POST /api/v1/comparison - 202 run state progress bounds wires
        webapp GET /api/v1/smoke - 200 status
        boilerplate GET /api/v1/boilerplate/greeting/Ada - 200 greeting
        boilerplate GET /api/v1/boilerplate/greeting/Ada?times=11 - 422 invalid_input
        boilerplate GET /api/v1/smoke - 200 status
        auth GET /api/v1/auth/create - 405 method_not_allowed
        resource POST /api/v1/resource/current_time time 405 method_not_allowed
        resource GET /api/v1/resource time 404 unknown_endpoint
        webapp GET /api/v1/resource/current_time - 404 unknown_endpoint
        auth GET /nothing - 404 unknown_endpoint
        """)

    @Test("answers as the table says", arguments: surface)
    func answers(_ exchange: Exchange) async throws {
        let headers = try await headers(exchange.token)
        for path in exchange.paths {
            let answer = try await Web.send(exchange.method, site.url(exchange.service) + path, headers)
            #expect(answer.status == exchange.status, "\(path): \(answer.body)")
            if exchange.status < 400 {
                guard case .object(let envelope) = answer.json, case .object(let data) = envelope["data"] else {
                    Issue.record("There is no envelope: \(answer.body)")
                    continue
                }
                #expect(envelope.count == 1 && data.names.sorted() == exchange.content.sorted())
            } else {
                #expect(answer.code == exchange.content[0])
                #expect(answer.json?["status"] == .integer(exchange.status))
                #expect(answer.json?["trace_id"]?.string?.count == 32)
            }
            // A 403 of an endpoint names the permission that it requires.
            if exchange.status != 403 { #expect((answer["WWW-Authenticate"] != nil) == (exchange.status == 401)) }
            #expect((answer["Allow"] != nil) == (exchange.status == 405))
        }
    }

    /// The requests of the original's Postman collections, as Postman sends them: with the names of their variables.
    @Test("answers the original's Postman requests")
    func postman() async throws {
        let hosts = ["auth_host": "auth", "resource_host": "resource", "webapp_host": "webapp"]
            .mapValues { "127.0.0.1:\(site.ports[$0] ?? 0)" }
        func send(_ method: String, _ url: String, _ headers: [String: String] = [:]) async throws -> JSONValue? {
            var url = url.replacingOccurrences(of: "{{protocol}}", with: "http")
            for (variable, host) in hosts { url = url.replacingOccurrences(of: "{{\(variable)}}", with: host) }
            let postman = ["User-Agent": "PostmanRuntime/7.19.0", "Accept": "*/*", "Content-Type": "application/json"]
            let answer = try await Web.send(method, url, postman.merging(headers) { $1 })
            #expect(answer.status == (method == "POST" ? 201 : 200), "\(url): \(answer.body)")
            return answer.data
        }
        let ok = JSONValue.object(["status": .string("OK")])
        for host in hosts.keys { #expect(try await send("GET", "{{protocol}}://{{\(host)}}/api/v1/smoke/") == ok) }
        let token = try #require(
            try await send("POST", "{{protocol}}://{{auth_host}}/api/v1/auth/create")?["token"]?.string)
        let own = ["X-Token": token]
        let valid = try await send("GET", "{{protocol}}://{{auth_host}}/api/v1/auth/valid?resource=time", own)
        #expect(valid == .object([:]))
        for (host, headers) in [("resource_host", own), ("webapp_host", [:])] {
            let base = "{{protocol}}://{{\(host)}}/api/v1/time"
            let text = try #require(try await send("GET", base + "/current_time", headers)?["current_time"]?.string)
            #expect(text.hasSuffix("+00:00") && (try? Date(text, strategy: .iso8601)) != nil)
            guard case .integer(let epoch) = try await send("GET", base + "/epoch_time", headers)?["epoch_time"] else {
                Issue.record("The epoch is not an integer.")
                return
            }
            #expect(abs(Double(epoch) - Date().timeIntervalSince1970) < 60)
        }
    }

    @Test("takes a token as X-Token and as Bearer, and gives a user's password one that is the user's")
    func tokens() async throws {
        let url = site.url("resource") + "/api/v1/resource/epoch_time"
        let token = try await site.token(user: "ada", password: "correct horse")
        for headers in [["X-Token": token], ["Authorization": "Bearer \(token)"], ["authorization": "bearer \(token)"]]
        {
            #expect(try await Web.get(url, headers).status == 200)
        }
        let create = site.url("auth") + "/api/v1/auth/create"
        var details: Set<String?> = []
        for body in [
            #"{"user":"ada","password":"wrong"}"#, #"{"user":"eve","password":"correct horse"}"#, #"{"user":"ada"}"#,
        ] {
            let refusal = try await Web.send("POST", create, body: body)
            #expect(refusal.status == 401 && refusal.code == "credentials_wrong")
            details.insert(refusal.json?["detail"]?.string)
        }
        #expect(details.count == 1)
        #expect(try await Web.send("POST", create, body: "{").code == "malformed")
        #expect(try await Web.send("POST", create, body: #"{"user":1}"#).code == "invalid_input")
    }

    @Test("publishes its health, its contract and what was measured", arguments: Site.services)
    func operations(_ service: String) async throws {
        let url = site.url(service)
        for state in ["live", "ready"] {
            let health = try await Web.get(url + "/health/" + state).data
            let uptime = try #require(health?["uptime"])
            #expect(health == .object(["status": .string(state), "uptime": uptime]))
        }
        #expect(try await Web.get(url + "/api/v1/smoke").status == 200)
        let metrics = try await Web.get(url + "/metrics")
        #expect(metrics.status == 200 && metrics["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(
            metrics.body.contains(
                #"rpc_server_calls_total{endpoint="\#(service).smoke",service="\#(service)",status="200",transport="http"}"#
            ), "\(metrics.body)")
        let schema = try await Web.get(url + "/schema")
        #expect(schema.json?["openapi"]?.string?.hasPrefix("3.1.") == true, "\(schema.body)")
        let docs = try await Web.get(url + "/docs")
        #expect(docs.status == 200 && docs["Content-Type"]?.hasPrefix("text/html") == true)
        let contract = try await Web.get(url + "/contract")
        #expect(contract.json?["name"] == .string(service))
        if service == "auth" {
            let keys = try await Web.get(url + "/.well-known/jwks.json")
            guard case .array(let all) = keys.json?["keys"] else {
                Issue.record("There are no keys: \(keys.body)")
                return
            }
            #expect(all.count == 1 && all[0]["crv"] == .string("Ed25519") && all[0]["d"] == nil)
        }
    }

    @Test("has its twin over ZeroMQ: the same fields without the envelope, the same problems")
    func zeroMQ() async throws {
        try await ZeroMQPeer.open { peer in
            let (ada, bob) = (try await headers(.time)["X-Token"], try await headers(.tide)["X-Token"])
            try await peer.client(AuthContract.self, at: site.socket("auth")) { auth in
                let grant = try await auth.call(
                    AuthContract.create, Credentials(user: "ada", password: "correct horse"))
                let question = PermissionQuestion(resource: "time")
                _ = try await auth.call(AuthContract.valid, question, token: grant.token)
                #expect(await status { try await auth.call(AuthContract.valid, question, token: bob) } == 403)
                #expect(try await auth.call(AuthContract.keys).keys.count == 1)
                #expect(try await auth.call(Smoke.endpoint) == .ok)
            }
            try await peer.client(ResourceContract.self, at: site.socket("resource")) { resource in
                let text = try await resource.call(ResourceContract.currentTime, token: ada).currentTime
                #expect(text.hasSuffix("+00:00"))
                #expect(try await resource.call(ResourceContract.epochTime, token: ada).epochTime > 1_574_653_197)
                #expect(await status { try await resource.call(ResourceContract.epochTime) } == 401)
                #expect(await status { try await resource.call(ResourceContract.epochTime, token: bob) } == 403)
            }
            try await peer.client(WebAppContract.self, at: site.socket("webapp")) { webApp in
                _ = try await webApp.call(WebAppContract.currentTime)
                _ = try await webApp.call(WebAppContract.epochTime, token: ada)
                #expect(await status { try await webApp.call(WebAppContract.epochTime, token: bob) } == 403)
            }
            try await peer.client(BoilerplateContract.self, at: site.socket("boilerplate")) { boilerplate in
                let greeting = try await boilerplate.call(BoilerplateContract.greet, .init(name: "Ada"))
                #expect(greeting.greeting == "Hello, Ada!")
            }
        }
    }

    private func status<Output>(_ call: () async throws -> Output) async -> Int? {
        do {
            _ = try await call()
            return nil
        } catch {
            return (error as? Problem)?.status
        }
    }

    private func headers(_ token: Exchange.Token) async throws -> [String: String] {
        switch token {
        case .none: [:]
        case .time: ["X-Token": try await site.token(user: "ada", password: "correct horse")]
        case .tide: ["X-Token": try await site.token(user: "bob", password: "battery staple")]
        case .garbled: ["X-Token": "garbled.to.ken"]
        }
    }
}
