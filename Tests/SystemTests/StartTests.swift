import Contracts
import Endpoints
import Foundation
import Hosting
import JSON
import RPC
import StarServices
import Testing
import Waiting
import Web

@testable import star

@Suite("The start of a service", .timeLimit(.minutes(5)))
struct StartTests {
    @Test("is refused at a socket that a living process serves, and does not disturb it")
    func socketTaken() async throws {
        try await Site.open { site in
            let first = try await site.serve("boilerplate", "auth")
            let port = String(try FreePort.next())
            let second = try await site.star("serve", "boilerplate", settings: ["BOILERPLATE_HTTP_PORT": port])
            #expect(second.code == 1)
            #expect(second.log.contains("star: ") && second.log.contains("boilerplate.sock"), "\(second.log)")
            #expect(first.code == nil)
            try await ZeroMQPeer.open { peer in
                try await peer.client(BoilerplateContract.self, at: site.socket("boilerplate")) { client in
                    let smoke = try await client.call(Smoke.endpoint)
                    #expect(smoke == .ok)
                }
            }
        }
    }

    @Test("finds a socket that a crash has left, and takes its place")
    func socketLeft() async throws {
        try await Site.open { site in
            await (try await site.serve("auth")).kill()
            let path = site.directory.appending(path: ".star/run/auth.sock").path
            #expect(FileManager.default.fileExists(atPath: path))
            try await site.serve("auth")
        }
    }

    @Test("is refused at a port that is taken, with the port")
    func portTaken() async throws {
        try await Site.open { site in
            let first = try await site.serve("auth")
            let port = try #require(site.ports["auth"])
            let second = try await site.star(
                "serve", "boilerplate", settings: ["BOILERPLATE_HTTP_PORT": String(port)])
            #expect(second.code == 1)
            #expect(second.log.contains("star: ") && second.log.contains(String(port)), "\(second.log)")
            #expect(first.code == nil)
            try await site.ready("auth")
        }
    }

    @Test(
        "stops with exit code 78 at a wrong setting, and names it",
        arguments: [
            ("AUTH_HTTP_PORT", "many"), ("AUTH_HTTP_PORT", "70000"), ("LOG_LEVEL", "loud"), ("MAX_BODY_BYTES", "-1"),
            ("AUTH_ZMQ_LISTEN", "udp://a:1"), ("RESOURCE_URL", "nowhere"), ("TOKEN_LIFETIME_SECONDS", "0"),
            ("CURVE_PUBLIC_KEYS", "auth=1"), ("AUTH_CURVE_SECRET_KEY", "sesame"), ("ENVIRONMENT", "moon"),
            ("AUTH_CURVE_SECRET_KEY_FILE", "nowhere.key"), ("AUTH_ZMQ_LISTEN", "tcp://0.0.0.0:5041"),
            ("RESOURCE_URL", "tcp://resource.example:5051"), ("AUTH_DATABASE", "mysql://sesame@here"),
            ("AUTH_DATABASE_FILE", "nowhere.txt"), ("AUTH_LOCKOUT_THRESHOLD", "0"), ("AUTH_PUBLIC_URL", "auth.example"),
            ("GUEST_PERMISSIONS", "time,a b"),
            ("AUTH_EVENTS_LISTEN", "nowhere"), ("AUTH_EVENTS_URL", "nowhere"),
            ("AUTH_EVENTS_URL", "tcp://auth.example:7040"),
        ])
    func wrongSetting(_ name: String, _ value: String) async throws {
        try await Site.open { site in
            let ended = try await site.star("serve", "all", settings: [name: value])
            #expect(ended.code == 78 && ended.log.contains(name), "\(ended.log)")
            #expect(!ended.log.contains("sesame"))
        }
    }

    @Test("warns of a port that browsers refuse to open, and goes on")
    func blockedPort() async throws {
        let port = try #require(BrowserPorts.blocked.filter { $0 > 1024 }.first(where: FreePort.isFree))
        try await Site.open { site in
            let auth = try site.start(["serve", "auth"], ["AUTH_HTTP_PORT": String(port)])
            try await eventually("auth warns") { auth.log.contains("Browsers refuse to open this port") }
            #expect(auth.log.contains("port=\(port)") && auth.log.contains("setting=AUTH_HTTP_PORT"), "\(auth.log)")
            try await eventually("auth is ready") {
                try await Web.get("http://127.0.0.1:\(port)/health/ready").status == 200
            }
            #expect(try await auth.stop() == 0)
            let silent = try await site.serve("auth")
            #expect(!silent.log.contains("Browsers"))
        }
    }

    @Test("stops with exit code 64 at a service or command that there is not, and says what there is")
    func unknown() async throws {
        try await Site.open { site in
            for arguments in [["serve", "aut"], ["serve", "all", "aut"], ["health", "aut"]] {
                let ended = try site.start(arguments)
                #expect(try await ended.end() == 64, "\(arguments)")
                #expect(ended.log.contains("aut") && ended.log.contains("boilerplate"), "\(ended.log)")
            }
            for arguments in [["sreve"], ["serve"], ["settings", "AUTH_HTP_PORT"], ["users", "add"]] {
                let ended = try site.start(arguments)
                #expect(try await ended.end() == 64, "\(arguments)")
            }
        }
    }

    @Test("is taught by the help, and watched by star health")
    func help() async throws {
        try await Site.open { site in
            let help = try await site.star("--help")
            #expect(help.code == 0 && help.output.contains("star serve all") && help.output.contains("78"))
            let down = try await site.star("health", "auth")
            #expect(down.code == 1 && down.output.hasPrefix("auth: "), "\(down.output)")
            let auth = try site.start(["serve", "auth"])
            let up = try await site.star("health", "auth", "--wait", "20")
            #expect(up.code == 0 && up.output == "auth: ready\n", "\(up.output)\(auth.log)")
            let other = try await site.star("health", "resource", "--address", site.url("auth"))
            #expect(other.code == 1 && other.output == "resource: auth answers there\n", "\(other.output)")
            let same = try await site.star("health", "auth", "--address", site.url("auth"))
            #expect(same.code == 0 && same.output == "auth: ready\n", "\(same.output)")
            let some = try await site.star("health", "auth", "resource")
            #expect(some.code == 1 && some.output.contains("auth: ready") && some.output.contains("resource: "))
        }
    }

    @Test("reads settings from .env, beneath those of the environment")
    func environmentFile() async throws {
        try await Site.open { site in
            try Data("LOG_LEVEL=loud\n".utf8).write(to: site.directory.appending(path: ".env"))
            #expect(try await site.star("serve", "auth").code == 78)
            let file = site.directory.appending(path: "other")
            try Data("LOG_LEVEL=loud\nTOKEN_ISSUER=here\n".utf8).write(to: file)
            let auth = try site.start(["serve", "auth", "--env", "other"], ["LOG_LEVEL": "info"])
            try await site.ready("auth", auth)
        }
    }

    @Test("reads .env as Docker Compose does, whatever its line ends, and refuses what it does not understand")
    func dialect() async throws {
        try await Site.open { site in
            let file = site.directory.appending(path: ".env")
            let names = ["TOKEN_ISSUER", "TOKEN_AUDIENCE", "LOG_LEVEL"]
            let text =
                "\u{FEFF}export TOKEN_ISSUER='here' # us\r\nTOKEN_AUDIENCE: pa$$word\r\nLOG_LEVEL=${NONE:-info}\r\n"
            try Data(text.utf8).write(to: file)
            let read = try await site.star("settings", names[0], names[1], names[2])
            #expect(read.code == 0 && read.output == "here\npa$word\ninfo\n", "\(read.log)")
            try Data("LOG_LEVEL=info\nAUTH_CURVE_SECRET_KEY=\"sesame\nsesame".utf8).write(to: file)
            for command in [["serve", "auth"], ["health", "auth"], ["settings", "LOG_LEVEL"]] {
                let refused = try site.start(command)
                #expect(try await refused.end() == 78)
                #expect(refused.log == "star: The settings file .env is wrong in line 2: its quote is not closed.\n")
            }
        }
    }

    @Test("is refused for a value that is wrong by star settings, too, in the same words")
    func wrongValue() async throws {
        try await Site.open { site in
            let wrong = [
                ["AUTH_HTTP_PORT": "seventy"], ["LOG_LEVEL": "loud"], ["TOKEN_LIFETIME_SECONDS": "0"],
                ["AUTH_ZMQ_LISTEN": "somewhere"],
            ]
            for settings in wrong {
                let name = try #require(settings.keys.first)
                let start = try await site.star("serve", "auth", settings: settings)
                let read = try await site.star("settings", "TOKEN_ISSUER", name, settings: settings)
                #expect(read.code == 78 && read.log == start.log && read.log.contains(name), "\(read)\(start)")
            }
            let file = site.directory.appending(path: ".env")
            try Data("LOG_LEVEL=loud\n".utf8).write(to: file)
            let read = try await site.star("settings", "LOG_LEVEL")
            #expect(read.code == 78 && read.log.hasPrefix("star: LOG_LEVEL must be one of "), "\(read)")
            // One that may be missing is not wrong if it is empty.
            let empty = try await site.star("settings", "RESOURCE_HTTP_URL", settings: ["RESOURCE_HTTP_URL": ""])
            #expect(empty.code == 0 && empty.output == "\n", "\(empty)")
        }
    }

    @Test("tells of settings that nobody reads, with the name that was probably meant")
    func unknownSetting() async throws {
        try await Site.open { site in
            try Data("AUTH_HTP_PORT=5999\nSHOP_COLOR=red\n".utf8).write(to: site.directory.appending(path: ".env"))
            let auth = try await site.serve("auth")
            #expect(auth.log.contains("Unknown setting") && auth.log.contains("nearest=AUTH_HTTP_PORT"), "\(auth.log)")
            #expect(auth.log.contains("place=.env, line 1"))
            #expect(auth.log.contains("SHOP_COLOR (.env, line 2)") && !auth.log.contains("name=SHOP_COLOR"))
        }
    }

    @Test("passes over the service links of Kubernetes, and reads only what it needs")
    func serviceLinks() async throws {
        try await Site.open { site in
            let link = "tcp://10.96.0.17:80"
            let more = ["RESOURCE_HTTP_PORT": link, "GUEST_PERMISSIONS": "a b", "AUTH_LOCKOUT_THRESHOLD": "0"]
            let boilerplate = try site.start(["serve", "boilerplate"], more)
            try await eventually("boilerplate listens") { boilerplate.log.contains("address=http") }
            #expect(boilerplate.log.contains("enableServiceLinks") && boilerplate.log.contains("RESOURCE_HTTP_PORT"))
            let port = try await site.star("settings", "AUTH_HTTP_PORT", settings: ["AUTH_HTTP_PORT": link])
            #expect(port.output == "5040\n")
            let wrong = try await site.star("serve", "boilerplate", settings: ["BOILERPLATE_HTTP_PORT": "tcp://a"])
            #expect(wrong.code == 78)
        }
    }

    @Test("writes its log as JSON, an object a line, where that is wanted")
    func jsonLog() async throws {
        try await Site.open({ _ in ["LOG_FORMAT": "json", "LOG_LEVEL": "debug"] }) { site in
            let auth = try await site.serve("auth")
            _ = try await Web.get(site.url("auth") + "/api/v1/auth/valid?resource=\u{22}")
            #expect(try await auth.stop() == 0)
            let lines = auth.log.split(separator: "\n")
            let objects = lines.compactMap { try? JSONValue(json: Data($0.utf8)) }
            #expect(objects.count == lines.count && objects.count > 3, "\(auth.log)")
            for object in objects {
                for member in ["time", "level", "logger", "message"] { #expect(object[member]?.string != nil) }
            }
            let call = try #require(objects.first { $0["endpoint"] == "auth.valid" })
            #expect(call["message"] == "Call refused" && call["status"] == 401 && call["code"] == "token_missing")
            #expect(call["trace_id"]?.string?.count == 32 && call["service"]?.string == "auth")
        }
    }

    @Test("is asked for by star health without a name: what runs here, and whether it lives")
    func healthOfWhatRuns() async throws {
        #expect(RunningServices.served(["star", "serve", "auth", "resource", "--env", "x"]) == ["auth", "resource"])
        #expect(RunningServices.served(["/usr/local/bin/star", "serve", "all"]) == ServiceDefinition.all.map(\.name))
        for other in [["star", "health", "all"], ["star", "serve"], ["star"], []] {
            #expect(RunningServices.served(other) == [])
        }
        try await Site.open { site in
            // Without auth it is not ready; its container must not be restarted for that.
            let resource = try site.start(["serve", "resource"])
            try await eventually("resource listens") { resource.log.contains("address=http") }
            #expect(try await site.star("health", "--live").output.contains("resource: live"))
            #expect(try await site.star("health", "resource", "--live").code == 0)
            #expect(try await site.star("health", "resource").code == 1)
        }
    }

    @Test("has an example for every setting in env.example")
    func example() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "env.example"), encoding: .utf8)
        #expect(text == EnvironmentExample.text(), "Write it anew: star settings > env.example")
        for setting in StarSettings.all {
            #expect(setting.summary.hasSuffix("."), "\(setting.name)")
            #expect(text.contains("\n\(setting.name)="), "\(setting.name)")
        }
        #expect(Set(StarSettings.all.map(\.name)).count == StarSettings.all.count)
    }

    @Test("works with env.example as it is")
    func exampleWorks() async throws {
        try await Site.open { site in
            let settings = try await site.star("settings")
            #expect(settings.code == 0)
            try Data(settings.output.utf8).write(to: site.directory.appending(path: ".env"))
            try await site.serve("all")
            #expect(try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time").status == 200)
        }
    }

    @Test("lets guests do what the original let everybody do, with env.example as it is")
    func guests() async throws {
        let permissions = try #require(StarSettings.all.first { $0.name == "GUEST_PERMISSIONS" }?.example)
        try await Site.open({ _ in ["GUEST_PERMISSIONS": permissions] }) { site in
            try await site.serve("auth")
            let token = ["X-Token": try await site.token()]
            for resource in ["smoke", "time"] {
                let answer = try await Web.get(site.url("auth") + "/api/v1/auth/valid?resource=\(resource)", token)
                #expect(answer.status == 200, "\(resource): \(answer.body)")
            }
        }
    }
}
