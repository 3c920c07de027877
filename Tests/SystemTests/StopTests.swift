import Foundation
import Testing
import Waiting
import Web

@Suite("A service that is asked to stop", .timeLimit(.minutes(5)))
struct StopTests {
    @Test("ends with exit code 0 in a few seconds, and leaves no socket", arguments: [SIGTERM, SIGINT, SIGHUP])
    func ends(_ signal: Int32) async throws {
        try await Site.open { site in
            let all = try await site.serve("all")
            let path = site.directory.appending(path: ".star/run").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).contains("auth.sock"))
            #expect(try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time").status == 200)
            all.send(signal)
            #expect(try await all.end(within: .seconds(10)) == 0, "\(all.log)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
        }
    }

    @Test("during its start ends in order, and leaves a store that is closed and no files of a moment")
    func duringStart() async throws {
        try await Site.open { site in
            let data = site.directory.appending(path: ".star/data")
            let auth = try site.start(["serve", "auth"])
            try await eventually("the store is being made") {
                FileManager.default.fileExists(atPath: data.appending(path: "auth.sqlite").path)
            }
            auth.send(SIGTERM)
            #expect(try await auth.end() == 0, "\(auth.log)")
            let left = try FileManager.default.contentsOfDirectory(atPath: data.path)
            #expect(left.allSatisfy { ["auth.sqlite", "auth.sqlite-mark", "admin-password"].contains($0) }, "\(left)")
            try await site.serve("auth")
        }
    }

    @Test("answers the calls in flight first")
    func inFlight() async throws {
        try await Site.open { site in
            try await site.serve("auth")
            let resource = try await site.serve("resource")
            let webApp = try await site.serve("webapp")
            resource.send(SIGSTOP)
            async let answer = Web.get(site.url("webapp") + "/api/v1/time/epoch_time")
            // The call is in flight when webapp has been given a guest's token for it.
            try await eventually("webapp asks for a guest's token") {
                let metrics = try await Web.get(site.url("auth") + "/metrics").body
                return metrics.contains(
                    #"rpc_server_calls_total{endpoint="auth.create",service="auth",status="201",transport="zmq"} 1"#)
            }
            webApp.send(SIGTERM)
            try await eventually("webapp stops") { webApp.log.contains("Stopping") }
            resource.send(SIGCONT)
            // A machine that is busy may need longer than the call has.
            #expect([200, 504].contains(try await answer.status))
            #expect(try await webApp.end() == 0, "\(webApp.log)")
        }
    }

    @Test("answers until its drain time is over, however young it is")
    func drainsYoung() async throws {
        try await Site.open({ _ in ["DRAIN_MILLISECONDS": "4000"] }) { site in
            let auth = try await site.serve("auth")
            let start = ContinuousClock.now
            auth.send(SIGTERM)
            // Work that a start leaves for later is done meanwhile, after two seconds.
            while start.duration(to: .now) < .seconds(3) {
                try #require(try await Web.get(site.url("auth") + "/api/v1/smoke/").status == 200, "\(auth.log)")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await auth.end() == 0, "\(auth.log)")
            #expect(start.duration(to: .now) >= .seconds(4))
        }
    }

    @Test("says that it is not ready and still answers while it drains")
    func drains() async throws {
        try await Site.open({ _ in ["DRAIN_MILLISECONDS": "20000"] }) { site in
            let boilerplate = try await site.serve("boilerplate", "auth")
            boilerplate.send(SIGTERM)
            try await eventually("boilerplate is not ready") {
                try await Web.get(site.url("boilerplate") + "/health/ready").code == "not_ready"
            }
            let greeting = try await Web.get(site.url("boilerplate") + "/api/v1/boilerplate/greeting/Ada")
            #expect(greeting.status == 200 && greeting["Connection"] == "close")
            #expect(boilerplate.code == nil)
        }
    }
}
