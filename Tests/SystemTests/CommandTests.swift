import Endpoints
import Foundation
import JSON
import Testing
import Web
import ZeroMQ

@Suite("The commands that talk to services", .timeLimit(.minutes(5)))
struct CommandTests {
    @Test("call an endpoint over either wire, and say how long it took")
    func call() async throws {
        try await Site.open { site in
            try await site.serve("auth", "boilerplate")
            for wire in ["zmq", "http"] {
                let greeting = try await site.star(
                    "call", "boilerplate.greet", "--json", #"{"name": "Ada", "times": 2}"#, "--via", wire)
                #expect(greeting.code == 0 && greeting.json == ["greeting": "Hello, Ada! Hello, Ada!"], "\(greeting)")
                #expect(greeting.log.contains(/200 in [0-9.,]+ ms, trace [0-9a-f]{32}/))
                let refusal = try await site.star(
                    "call", "boilerplate.greet", "--json", #"{"name": ""}"#, "--via", wire)
                #expect(refusal.code == 1 && refusal.json?["code"] == "invalid_input", "\(refusal)")
                #expect(refusal.log.contains("422 in "))
            }
        }
    }

    @Test("take an input and a token where nobody else can read them")
    func confidence() async throws {
        try await Site.open { site in
            try await site.addUser("ada", password: "correct horse battery staple")
            try await site.serve("auth")
            let login = #"{"user": "ada", "password": "correct horse battery staple"}"#
            let grant = try await site.star("call", "auth.create", "--json", "-", input: login)
            let token = try #require(grant.json?["token"]?.string, "\(grant)")
            let ada = try await site.star("call", "auth.me", settings: ["STAR_TOKEN": token])
            #expect(ada.code == 0 && ada.json?["user"] == "ada", "\(ada)")
            let guest = try #require(try await site.star("call", "auth.create").json?["token"]?.string)
            let given = try await site.star("call", "auth.me", "--token", guest, settings: ["STAR_TOKEN": token])
            #expect(given.json?["user"] == "guest", "\(given)")
            let nobody = try await site.star("call", "auth.me", settings: ["STAR_TOKEN": ""])
            #expect(nobody.json?["code"] == "token_missing", "\(nobody)")
            let bench = try await site.star(
                "bench", "auth.me", "--input", "-", "--against", site.socket("auth"), "--seconds", "0.5", "--rounds",
                "1", input: "{}", settings: ["STAR_TOKEN": token])
            #expect(bench.code == 0 && bench.output.contains(site.socket("auth")), "\(bench)")
        }
    }

    @Test("list what a service offers, and say what is not there")
    func contracts() async throws {
        try await Site.open { site in
            try await site.serve("auth", "boilerplate")
            let list = try await site.star("contracts", "boilerplate", "--via", "http")
            #expect(list.code == 0 && list.output.contains("boilerplate.greet"), "\(list)")
            let json = try await site.star("contracts", "boilerplate", "--json")
            #expect(json.json?["name"] == "boilerplate", "\(json)")
            let unknown = try await site.star("call", "boilerplate.dance")
            #expect(unknown.code == 1 && unknown.log.contains("There are: boilerplate.greet, boilerplate.smoke"))
            for arguments in [["contracts", "nowhere"], ["health", "nowhere"], ["call", "nowhere.dance"]] {
                let nowhere = try site.start(arguments)
                #expect([64, 78].contains(try await nowhere.end()), "\(nowhere.log)")
                #expect(nowhere.log.contains("nowhere"))
            }
            for (arguments, words) in [
                (["serve", "boilerplate", "boilerplate"], "A service is named twice."),
                (["health", "boilerplate", "--address", "boilerplate.sock"], "or http://…, not “boilerplate.sock”"),
                (["serve", "all", "boilerplate"], "“all” stands alone"),
            ] {
                let misused = try site.start(arguments)
                #expect(try await misused.end() == 64 && misused.log.contains(words), "\(misused.log)")
            }
            let unread = try await site.star("call", "boilerplate.greet", "--file", "nowhere.bin")
            #expect(unread.code == 1 && unread.log.contains("nowhere.bin cannot be used: No such file"), "\(unread)")
            let stranger = try await site.star("clients", "remove", "nobody")
            #expect(stranger.code == 1 && stranger.log.contains("There is no client “nobody”."), "\(stranger)")
            let down = try await site.star("call", "resource.smoke")
            #expect(down.code == 1 && down.log.contains("The service does not answer"), "\(down)")
        }
    }

    @Test("show their key where a service takes keys, and are refused without one that it knows")
    func curve() async throws {
        let (service, command, stranger) = (
            try Self.pairWithADash(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
        )
        let address = "tcp://127.0.0.1:\(try FreePort.next())"
        let keys = "boilerplate=\(service.publicKey.hex),star=\(command.publicKey.hex)"
        let settings = [
            "BOILERPLATE_ZMQ_LISTEN": address, "BOILERPLATE_URL": address,
            "BOILERPLATE_CURVE_SECRET_KEY": service.secretKey.hex, "CURVE_PUBLIC_KEYS": keys,
        ]
        try await Site.open { _ in
            settings
        } _: { site in
            try await site.serve("auth", "boilerplate")
            let known = ["STAR_CURVE_SECRET_KEY": command.secretKey.hex]
            let call = try await site.star("call", "boilerplate.smoke", settings: known)
            #expect(call.code == 0 && call.json == ["status": "OK"], "\(call)")
            let list = try await site.star("contracts", "boilerplate", settings: known)
            #expect(list.code == 0 && list.output.contains("boilerplate.greet"), "\(list)")
            let health = try await site.star("health", "boilerplate", "--via", "zmq", "--wait", "5", settings: known)
            #expect(health.code == 0 && health.output == "boilerplate: ready\n", "\(health)")
            // From a machine that knows the service by nothing but its address and key.
            let far = ["STAR_CURVE_SECRET_KEY": command.secretKey.hex, "CURVE_PUBLIC_KEYS": ""]
            let named = try await site.star(
                "call", "boilerplate.smoke", "--address", address, "--server-key", service.publicKey.z85, settings: far)
            #expect(named.code == 0, "\(named)")
            for beginning in ["-=", "---", "--=", "--a"] {
                let another = beginning + service.publicKey.z85.dropFirst(beginning.count)
                let unknown = try await site.star(
                    "call", "boilerplate.smoke", "--address", address, "--server-key", another, settings: far)
                #expect(unknown.code == 1 && unknown.log.contains("does not answer"), "\(another): \(unknown)")
            }
            let bench = try await site.star(
                "bench", "boilerplate.smoke", "--against", address, "--server-key", service.publicKey.z85, "--seconds",
                "0.5", "--rounds", "1", settings: far)
            #expect(bench.code == 0 && bench.output.contains(address), "\(bench)")
            let keyless = try await site.star("call", "boilerplate.smoke")
            #expect(keyless.code == 78 && keyless.log.contains("STAR_CURVE_SECRET_KEY"), "\(keyless)")
            let mismatched = ["STAR_CURVE_SECRET_KEY": stranger.secretKey.hex]
            let stopped = try await site.star("call", "boilerplate.smoke", settings: mismatched)
            #expect(
                stopped.code == 78 && stopped.log.contains("does not belong to STAR_CURVE_SECRET_KEY"), "\(stopped)")
            let foreign = mismatched.merging(["CURVE_PUBLIC_KEYS": "boilerplate=\(service.publicKey.hex)"]) { $1 }
            let refused = try await site.star("call", "boilerplate.smoke", settings: foreign)
            #expect(refused.code == 1 && refused.log.contains("does not admit this key"), "\(refused)")
        }
    }

    /// One whose public key looks like an option.
    private static func pairWithADash() throws -> CurveKeyPair {
        while true {
            let pair = try CurveKeyPair.generate()
            if pair.publicKey.z85.hasPrefix("-") { return pair }
        }
    }
}

extension Ended {
    /// The output, if that is JSON.
    fileprivate var json: JSONValue? { try? JSONValue(json: Data(output.utf8)) }
}
