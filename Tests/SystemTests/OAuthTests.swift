import Endpoints
import Foundation
import Testing
import Web

@Suite("OAuth over HTTP", .timeLimit(.minutes(2)))
struct OAuthTests {
    private func form(_ fields: [String: String]) -> String {
        var characters = CharacterSet.alphanumerics
        characters.insert(charactersIn: "-._~")
        return fields.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: characters) ?? "")
        }.joined(separator: "&")
    }

    private func basic(_ id: String, _ secret: String) -> [String: String] {
        ["Authorization": "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString()]
    }

    @Test("Forms, secrets in the head or the body, answers and errors are those of RFC 6749")
    func tokens() async throws {
        try await Site.open { site in
            try await site.serve("auth", "resource")
            try await site.addUser("ada", password: "correct horse", permissions: "time")
            let added = try await site.star("clients", "add", "reports", "--permission", "time")
            let secret = added.output.trimmingCharacters(in: .newlines)
            func post(_ fields: [String: String], _ headers: [String: String] = [:]) async throws -> Answer {
                try await Web.send(
                    "POST", site.url("auth") + "/oauth/token", headers, body: form(fields),
                    type: "application/x-www-form-urlencoded")
            }
            let own = ["grant_type": "client_credentials"]
            let grants = [
                try await post(own, basic("reports", secret)),
                try await post(own.merging(["client_id": "reports", "client_secret": secret, "scope": ""]) { $1 }),
                try await post(["grant_type": "password", "username": "Ada", "password": "correct horse"]),
                try await post(
                    ["grant_type": "password", "username": "ada", "password": "correct horse"], basic("", "")),
            ]
            for grant in grants {
                #expect(grant.status == 200 && grant["Cache-Control"] == "no-store" && grant["Pragma"] == "no-cache")
                #expect(grant["Content-Type"] == "application/json", "\(grant.body)")
                let token = try #require(grant.json?["access_token"]?.string, "\(grant.body)")
                #expect(grant.json?["token_type"] == "Bearer" && grant.json?["scope"] == "time")
                let time = site.url("resource") + "/api/v1/resource/epoch_time"
                #expect(try await Web.get(time, ["Authorization": "Bearer " + token]).status == 200)
            }
            let refresh = try #require(grants[2].json?["refresh_token"]?.string)
            #expect(try await post(["grant_type": "refresh_token", "refresh_token": refresh]).status == 200)
            let wrong: [(fields: [String: String], headers: [String: String], status: Int, error: String)] = [
                (own, basic("reports", "wrong"), 401, "invalid_client"),
                (own, [:], 401, "invalid_client"),
                (own, basic("", ""), 401, "invalid_client"),
                (own, ["Authorization": "Basic ???"], 400, "invalid_request"),
                (own.merging(["client_secret": secret]) { $1 }, basic("reports", secret), 400, "invalid_request"),
                (own.merging(["scope": "moon"]) { $1 }, basic("reports", secret), 400, "invalid_scope"),
                (["grant_type": "magic"], [:], 400, "unsupported_grant_type"),
                ([:], [:], 400, "invalid_request"),
                (["grant_type": "refresh_token", "refresh_token": "x"], [:], 400, "invalid_grant"),
                (["grant_type": "password", "username": "ada", "password": "no"], [:], 400, "invalid_grant"),
            ]
            for (fields, headers, status, error) in wrong {
                let answer = try await post(fields, headers)
                #expect(answer.status == status && answer.json?["error"]?.string == error, "\(answer.body)")
                #expect(answer["Content-Type"] == "application/json" && answer["Cache-Control"] == "no-store")
                #expect((answer["WWW-Authenticate"]?.hasPrefix("Basic ") == true) == (status == 401))
            }
            let judge = try await site.star("clients", "add", "gateway", "--permission", "introspect")
            let gateway = judge.output.trimmingCharacters(in: .newlines)
            func send(_ path: String, _ token: String, _ headers: [String: String]) async throws -> Answer {
                try await Web.send(
                    "POST", site.url("auth") + path, headers, body: form(["token": token, "token_type_hint": "x"]),
                    type: "application/x-www-form-urlencoded")
            }
            let token = grants[1].json?["access_token"]?.string ?? ""
            for headers in [basic("gateway", gateway), basic("gateway", "wrong"), [:], basic("reports", secret)] {
                let answer = try await send("/oauth/introspect", token, headers)
                if headers == basic("gateway", gateway) {
                    #expect(answer.status == 200 && answer.json?["username"] == "client:reports", "\(answer.body)")
                } else if headers == basic("reports", secret) {
                    #expect(answer.status == 403 && answer.json?["error"] == "insufficient_scope")
                    #expect(answer["WWW-Authenticate"] == #"Bearer error="insufficient_scope""#)
                } else {
                    #expect(answer.status == 401 && answer.json?["error"] == "invalid_client")
                    #expect(answer["WWW-Authenticate"]?.hasPrefix("Basic ") == true)
                }
            }
            let expired = try await send("/oauth/introspect", token, ["Authorization": "Bearer x"])
            #expect(expired.status == 401 && expired["WWW-Authenticate"]?.hasPrefix("Bearer ") == true)
            #expect(try await send("/oauth/revoke", token, basic("reports", "wrong")).status == 401)
            #expect(try await send("/oauth/revoke", token, basic("reports", secret)).status == 200)
            let ended = try await send("/oauth/introspect", token, basic("gateway", gateway))
            #expect(ended.json == ["active": false])
            let guest = try await site.token()
            let users = try await Web.get(site.url("auth") + "/api/v1/auth/users", ["X-Token": guest])
            #expect(users["WWW-Authenticate"] == #"Bearer error="insufficient_scope", scope="users""#)
            let valid = try await Web.get(
                site.url("auth") + "/api/v1/auth/valid?resource=users", ["X-Token": guest])
            #expect(valid.status == 403 && valid["WWW-Authenticate"] == #"Bearer error="insufficient_scope""#)
            for path in ["oauth-authorization-server", "openid-configuration"] {
                let metadata = try await Web.get(site.url("auth") + "/.well-known/" + path)
                #expect(metadata.json?["token_endpoint"]?.string == site.url("auth") + "/oauth/token")
                #expect(metadata.json?["response_types_supported"] == ["none"])
                #expect(metadata.json?["id_token_signing_alg_values_supported"] == ["EdDSA"])
            }
        }
    }

    @Test(
        "The metadata has the URL that a trusted proxy names, unless a setting does; the issuer is never a header's",
        arguments: [
            (["TRUSTED_PROXIES": "127.0.0.1"], "https://star.example/auth"),
            (["TRUSTED_PROXIES": "192.0.2.1"], nil),
            (["TRUSTED_PROXIES": "127.0.0.1", "AUTH_PUBLIC_URL": "https://auth.example"], "https://auth.example"),
        ])
    func metadata(_ settings: [String: String], _ url: String?) async throws {
        try await Site.open { site in
            try await site.serve("auth", settings: settings)
            let named = [
                "X-Forwarded-Proto": "https", "X-Forwarded-Host": "star.example", "X-Forwarded-Prefix": "/auth",
            ]
            for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
                let metadata = try await Web.get(site.url("auth") + path, named)
                #expect(metadata.json?["token_endpoint"]?.string == (url ?? site.url("auth")) + "/oauth/token")
                #expect(metadata.json?["issuer"] == "starmicroservices-auth")
                // A name from one client's request is kept for no other.
                #expect(metadata["Cache-Control"] == "no-store")
            }
        }
    }
}
