import Endpoints
import RPC
import Testing

extension Conformance {
    @Suite("access")
    struct AccessTests {
        @Test("needs a token", arguments: Wire.allCases)
        func noToken(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for (endpoint, token) in [
                    (TrialContract.known, nil), (TrialContract.known, ""), (TrialContract.guarded, nil),
                    (TrialContract.guarded, ""),
                ] {
                    let problem = await rig.send(endpoint, token: token).problem
                    let detail = "The header X-Token or Authorization must hold a token."
                    #expect(problem == Problem(.tokenMissing, detail))
                    #expect(problem?.status == 401 && problem?.kind.code == "token_missing")
                }
            }
        }

        @Test("needs a token that is valid", arguments: Wire.allCases)
        func badToken(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for token in ["bad", "Bearer good", "bad:trial", String(repeating: "x", count: 4000)] {
                    for endpoint in [TrialContract.known, TrialContract.guarded] {
                        let problem = await rig.send(endpoint, token: token).problem
                        #expect(problem == Problem(.tokenInvalid, "The token is not valid."))
                        #expect(problem?.status == 401 && problem?.kind.code == "token_invalid")
                    }
                }
            }
        }

        @Test("needs the endpoint's permission", arguments: Wire.allCases)
        func noPermission(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for token in ["good", "good:trials", "good:tria", "good:TRIAL"] {
                    let problem = await rig.send(TrialContract.guarded, token: token).problem
                    #expect(problem == Problem(.permissionDenied, "The token does not hold the permission “trial”."))
                    #expect(problem?.status == 403 && problem?.kind.code == "permission_denied")
                }
            }
        }

        @Test("is given to whoever has what it needs, and tells the handler who that is", arguments: Wire.allCases)
        func admitted(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                try await #expect(rig.client.call(TrialContract.known, token: "good").text == "ada")
                try await #expect(rig.client.call(TrialContract.guarded, token: "good:a:trial").text == "ada")
                try await #expect(rig.client.call(TrialContract.nothing, token: "bad") == Empty())
            }
        }

        @Test("is confirmed by whoever issued the token, where the endpoint asks for it", arguments: Wire.allCases)
        func confirmed(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                try await #expect(rig.client.call(TrialContract.confirmed, token: "good:trial").text == "ada")
                try await #expect(rig.client.call(TrialContract.guarded, token: "good:trial:revoked").text == "ada")
                for (token, status, code) in [
                    ("good:trial:revoked", 401, "token_invalid"), ("good:trial:taken", 403, "permission_denied"),
                    ("good:revoked", 403, "permission_denied"), ("bad", 401, "token_invalid"),
                ] {
                    let problem = await rig.send(TrialContract.confirmed, token: token).problem
                    #expect(problem?.status == status && problem?.kind.code == code, "\(token)")
                }
            }
        }

        @Test("that nobody confirms is refused when the call's time is over", arguments: Wire.allCases)
        func unconfirmed(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let problem = await rig.send(
                    TrialContract.confirmed, token: "good:trial:silent", timeout: .milliseconds(300)
                ).problem
                #expect(problem?.status == 504 && problem?.kind == .deadlineExceeded)
            }
        }

        @Test("is checked before the input is looked at", arguments: Wire.allCases)
        func order(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let reply = await rig.send(TrialContract.guarded, "", contentType: "text/plain", token: "good")
                #expect(reply.status == 403)
            }
        }

        @Test("to the kit's own endpoints is open", arguments: Wire.allCases)
        func kit(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                try await #expect(Client<HealthContract>(rig.caller).call(HealthContract.live).status == "live")
                try await #expect(
                    Client<HealthContract>(rig.caller).call(HealthContract.check, timeout: .seconds(20)).status
                        == "ready")
                let contract = try await Client<MetaContract>(rig.caller).call(MetaContract.contract).value
                #expect(contract == TrialContract.description.json)
            }
        }
    }
}
