import Contracts
import Endpoints
import Testing

/// The promises of the services, written out a second time: a contract that is changed by accident differs from it.
@Suite("The contracts")
struct ContractTests {
    private static let table = """
        auth.create            POST /api/v1/auth/create 201 {data} open
        auth.refresh           POST /api/v1/auth/refresh 200 {data} open
        auth.token             POST /oauth/token 200 bare open
        auth.revoke            POST /api/v1/auth/revoke 200 {data} open
        auth.introspect        POST /api/v1/auth/introspect 200 bare permission introspect
        auth.revoke_token      POST /oauth/revoke 200 bare open
        auth.introspect_token  POST /oauth/introspect 200 bare open
        auth.valid             GET /api/v1/auth/valid 200 {data} token
        auth.me                GET /api/v1/auth/me 200 {data} token
        auth.keys              GET /.well-known/jwks.json 200 bare open
        auth.trust_updates           GET /api/v1/auth/trust_updates 200 bare open
        auth.metadata          GET /.well-known/oauth-authorization-server /.well-known/openid-configuration 200 bare open
        auth.add_user          POST /api/v1/auth/users 201 {data} permission users (introspected)
        auth.list_users        GET /api/v1/auth/users 200 {data} permission users
        auth.show_user         GET /api/v1/auth/users/{user} 200 {data} token
        auth.change_password   PUT /api/v1/auth/users/{user}/password 200 {data} token
        auth.set_permissions   PUT /api/v1/auth/users/{user}/permissions 200 {data} permission users (introspected)
        auth.lock_user         POST /api/v1/auth/users/{user}/lock 200 {data} permission users (introspected)
        auth.unlock_user       POST /api/v1/auth/users/{user}/unlock 200 {data} permission users (introspected)
        auth.remove_user       DELETE /api/v1/auth/users/{user} 200 {data} permission users (introspected)
        auth.list_roles        GET /api/v1/auth/roles 200 {data} permission users
        auth.add_client        POST /api/v1/auth/clients 201 {data} permission users (introspected)
        auth.list_clients      GET /api/v1/auth/clients 200 {data} permission users
        auth.rotate_client     POST /api/v1/auth/clients/{client}/secret 200 {data} permission users (introspected)
        auth.remove_client     DELETE /api/v1/auth/clients/{client} 200 {data} permission users (introspected)
        auth.smoke             GET /api/v1/smoke 200 {data} open
        resource.current_time  GET /api/v1/resource/current_time /api/v1/time/current_time 200 {data} permission time
        resource.epoch_time    GET /api/v1/resource/epoch_time /api/v1/time/epoch_time 200 {data} permission time
        resource.smoke         GET /api/v1/smoke 200 {data} open
        webapp.current_time    GET /api/v1/time/current_time 200 {data} open
        webapp.epoch_time      GET /api/v1/time/epoch_time 200 {data} open
        webapp.clock           GET /api/v1/clock 200 {data} open
        webapp.sign_in         POST /api/v1/session 201 {data} open
        webapp.refresh         POST /api/v1/session/refresh 200 {data} open
        webapp.sign_out        POST /api/v1/session/end 200 {data} open
        webapp.session         GET /api/v1/session 200 {data} token
        webapp.services        GET /api/v1/services 200 {data} open
        webapp.calls           GET /api/v1/calls 200 {data} open
        webapp.compare         POST /api/v1/comparison 202 {data} open
        webapp.comparison      GET /api/v1/comparison 200 {data} open
        webapp.list_users      GET /api/v1/users 200 {data} permission users
        webapp.add_user        POST /api/v1/users 201 {data} permission users
        webapp.set_permissions PUT /api/v1/users/{user}/permissions 200 {data} permission users
        webapp.lock_user       POST /api/v1/users/{user}/lock 200 {data} permission users
        webapp.unlock_user     POST /api/v1/users/{user}/unlock 200 {data} permission users
        webapp.remove_user     DELETE /api/v1/users/{user} 200 {data} permission users
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
        #expect(names(TokenGrant.schema) == ["token", "expires_in", "refresh_token", "refresh_expires_in"])
        #expect(names(RefreshRequest.schema) == ["refresh_token"])
        #expect(
            names(TokenRequest.schema) == [
                "grant_type", "username", "password", "refresh_token", "scope", "client_id", "client_secret",
            ])
        #expect(
            names(TokenResponse.schema) == ["access_token", "token_type", "expires_in", "scope", "refresh_token"])
        #expect(names(NewClient.schema) == ["client", "permissions", "roles"])
        #expect(names(ClientSecret.schema) == ["client", "secret"] && names(ClientID.schema) == ["client"])
        #expect(names(ClientPage.schema) == ["clients", "next"])
        for schema in [RevocationRequest.schema, IntrospectionRequest.schema] { #expect(names(schema) == ["token"]) }
        #expect(names(TokenQuestion.schema) == ["token", "client_id", "client_secret"])
        #expect(
            names(Introspection.schema) == [
                "active", "token_type", "sub", "username", "scope", "exp", "jti", "iss", "aud",
            ])
        #expect(names(Identity.schema) == ["user", "permissions", "expires"])
        #expect(names(NewUser.schema) == ["user", "password", "permissions", "roles"])
        let profile = ["id", "user", "permissions", "roles", "locked", "failed_attempts", "created", "changed"]
        #expect(names(UserProfile.schema) == profile)
        #expect(names(PageRequest.schema) == ["after", "limit"] && names(UserPage.schema) == ["users", "next"])
        #expect(names(PasswordChange.schema) == ["user", "old_password", "new_password"])
        #expect(names(PermissionChange.schema) == ["user", "permissions", "roles"])
        #expect(names(PermissionQuestion.schema) == ["resource"])
        #expect(names(CurrentTime.schema) == ["current_time"])
        #expect(names(EpochTime.schema) == ["epoch_time"])
        #expect(names(WebAppContract.Clock.schema) == ["current_time", "link", "microseconds"])
        #expect(names(WebAppContract.Session.schema) == ["user", "permissions"])
        #expect(names(WebAppContract.ServiceState.schema) == ["name", "summary", "state", "replicas"])
        #expect(
            names(WebAppContract.ReplicaState.schema) == [
                "state", "detail", "version", "uptime", "link", "microseconds",
            ])
        #expect(
            names(WebAppContract.RecentCall.schema) == [
                "trace_id", "endpoint", "status", "started", "microseconds", "parts", "spans",
            ])
        #expect(
            names(WebAppContract.WireComparison.schema) == [
                "run", "state", "detail", "progress", "bounds", "ratio", "wires",
            ])
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

    private static func line(_ name: String, _ endpoint: EndpointDescriptor) -> String {
        let access =
            switch endpoint.access {
            case .open: "open"
            case .token: "token"
            case .permission(let permission, let isIntrospected):
                "permission \(permission)\(isIntrospected ? " (introspected)" : "")"
            }
        let http = endpoint.http
        let words =
            [name, http.method.rawValue] + http.paths.map(\.description)
            + [String(http.status), http.envelope ? "{data}" : "bare", access]
        return words.joined(separator: " ")
    }
}
