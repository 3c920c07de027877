import Endpoints
import Foundation
import Testing
import Web

@Suite("When a process has no memory", .timeLimit(.minutes(2)))
struct MemoryTests {
    @Test("A right password that cannot be compared is a 503, and counts for nothing")
    func hashing() async throws {
        try await Site.open({ _ in ["AUTH_LOCKOUT_THRESHOLD": "3"] }) { site in
            let auth = try site.start(["serve", "auth"])
            try await site.ready("auth", auth)
            let file = site.directory.appending(path: ".star/data/admin-password")
            let password = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
            let login = #"{"user":"admin","password":"\#(password)"}"#
            func logIn() async throws -> Answer {
                try await Web.send("POST", site.url("auth") + "/api/v1/auth/create", body: login)
            }
            #expect(try await logIn().status == 201)
            // Room for all but the 19 MiB of a hash.
            try limitMemory(of: auth.pid, to: String(try size(of: auth.pid) + 12 << 20))
            for _ in 1...5 {
                let answer = try await logIn()
                #expect(
                    answer.status == 503 && answer.code == "overloaded" && answer["Retry-After"] == "1", "\(answer)")
            }
            try limitMemory(of: auth.pid, to: "unlimited")
            let answer = try await logIn()
            let token = try #require(answer.data?["token"]?.string)
            let me = try await Web.get(site.url("auth") + "/api/v1/auth/users/admin", ["X-Token": token])
            #expect(me.data?["failed_attempts"] == 0 && me.data?["locked"] == false, "\(me.body)")
        }
    }

    /// The size of a process's address space in bytes.
    private func size(of pid: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmSize:") })
        return try #require(Int(line.filter(\.isNumber))) * 1024
    }

    private func limitMemory(of pid: Int32, to bytes: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/prlimit")
        process.arguments = ["--pid", String(pid), "--as=\(bytes):unlimited"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
