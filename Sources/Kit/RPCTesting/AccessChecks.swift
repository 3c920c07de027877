import Endpoints
import JSON
import RPC
import Testing

enum AccessChecks {
    static let checks = [
        ConformanceCheck("A guarded endpoint needs a token", noToken),
        ConformanceCheck("A guarded endpoint needs a token that is valid", badToken),
        ConformanceCheck("A guarded endpoint needs its permission", noPermission),
        ConformanceCheck("A caller with the permission is admitted, and the handler knows the caller", admitted),
        ConformanceCheck("A permission is confirmed by the issuer of the token, if the endpoint wants that", confirmed),
        ConformanceCheck("A permission that is not confirmed is refused at the deadline", unconfirmed),
        ConformanceCheck("Access is checked before the input is read", order),
        ConformanceCheck("The kit's own endpoints are open", kit),
    ]

    static func noToken(_ rig: ConformanceRig) async throws {
        for (endpoint, token) in [
            (TrialContract.known, nil), (TrialContract.known, ""), (TrialContract.guarded, nil),
            (TrialContract.guarded, ""),
        ] {
            let problem = await rig.send(endpoint, token: token).problem
            let detail = "The endpoint requires a token, and the call has none."
            #expect(problem == Problem(.tokenMissing, detail))
            #expect(problem?.status == 401 && problem?.kind.code == "token_missing")
        }
    }

    static func badToken(_ rig: ConformanceRig) async throws {
        for token in ["bad", "Bearer good", "bad:trial", String(repeating: "x", count: 4000)] {
            for endpoint in [TrialContract.known, TrialContract.guarded] {
                let problem = await rig.send(endpoint, token: token).problem
                #expect(problem == Problem(.tokenInvalid, "The token is not valid."))
                #expect(problem?.status == 401 && problem?.kind.code == "token_invalid")
            }
        }
    }

    static func noPermission(_ rig: ConformanceRig) async throws {
        for token in ["good", "good:trials", "good:tria", "good:TRIAL", "good,a:trial"] {
            let problem = await rig.send(TrialContract.guarded, token: token).problem
            #expect(problem == Problem(.permissionDenied, "The token does not hold the permission “trial”."))
            #expect(problem?.status == 403 && problem?.kind.code == "permission_denied")
        }
    }

    static func admitted(_ rig: ConformanceRig) async throws {
        try await #expect(rig.client.call(TrialContract.known, token: "good").text == "ada")
        try await #expect(rig.client.call(TrialContract.guarded, token: "good:a:trial").text == "ada")
        try await #expect(rig.client.call(TrialContract.guarded, token: "good,a:b,trial").text == "ada")
        try await #expect(rig.client.call(TrialContract.nothing, token: "bad") == Empty())
    }

    static func confirmed(_ rig: ConformanceRig) async throws {
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

    static func unconfirmed(_ rig: ConformanceRig) async throws {
        let problem = await rig.send(
            TrialContract.confirmed, token: "good:trial:silent", timeout: .milliseconds(300)
        ).problem
        #expect(problem?.status == 504 && problem?.kind == .deadlineExceeded)
    }

    static func order(_ rig: ConformanceRig) async throws {
        let reply = await rig.send(TrialContract.guarded, "", contentType: "text/plain", token: "good")
        #expect(reply.status == 403)
    }

    static func kit(_ rig: ConformanceRig) async throws {
        try await #expect(Client<HealthContract>(rig.caller).call(HealthContract.live).status == "live")
        try await #expect(
            Client<HealthContract>(rig.caller).call(HealthContract.check, timeout: .seconds(20)).status
                == "ready")
        let contract = try await Client<MetaContract>(rig.caller).call(MetaContract.contract).value
        #expect(contract == TrialContract.description.json)
    }
}
