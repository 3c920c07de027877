import Contracts
import Foundation
import Hosting
import RPC
import Testing

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
            ("AUTH_ZMQ_LISTEN", "udp://a:1"), ("RESOURCE_ADDRESS", "nowhere"), ("TOKEN_LIFETIME_SECONDS", "0"),
            ("CURVE_PUBLIC_KEYS", "auth=1"), ("AUTH_CURVE_SECRET_KEY", "sesame"), ("ENVIRONMENT", "moon"),
            ("AUTH_CURVE_SECRET_KEY_FILE", "nowhere.key"), ("AUTH_ZMQ_LISTEN", "tcp://0.0.0.0:5041"),
            ("RESOURCE_ADDRESS", "tcp://resource.example:5051"), ("AUTH_DATABASE", "mysql://sesame@here"),
            ("AUTH_DATABASE_FILE", "nowhere.txt"), ("AUTH_LOCK_AFTER", "0"), ("AUTH_PUBLIC_URL", "auth.example"),
            ("GUEST_PERMISSIONS", "time,a b"),
            ("AUTH_NEWS_LISTEN", "nowhere"), ("AUTH_NEWS_ADDRESS", "nowhere"),
            ("AUTH_NEWS_ADDRESS", "tcp://auth.example:7040"),
        ])
    func wrongSetting(_ name: String, _ value: String) async throws {
        try await Site.open { site in
            let ended = try await site.star("serve", "all", settings: [name: value])
            #expect(ended.code == 78 && ended.log.contains(name), "\(ended.log)")
            #expect(!ended.log.contains("sesame"))
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
            for arguments in [["sreve"], ["serve"], ["health"], ["users", "add"]] {
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

    @Test("has an example for every setting in env.example")
    func example() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "env.example"), encoding: .utf8)
        #expect(text == EnvironmentExample.text(), "Write it anew: star settings > env.example")
        for setting in FleetSettings.all {
            #expect(setting.summary.hasSuffix("."), "\(setting.name)")
            #expect(text.contains("\n\(setting.name)="), "\(setting.name)")
        }
        #expect(Set(FleetSettings.all.map(\.name)).count == FleetSettings.all.count)
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
}
