import Endpoints
import Foundation
import JSON
import Testing
import Waiting
import Web

/// No speed is asserted here: machines that run tests have none.
@Suite("star bench", .timeLimit(.minutes(5)))
struct BenchTests {
    @Test("compares every wire and both baselines, and writes its table, its JSON, its plot and its histograms")
    func everything() async throws {
        try await Site.open { site in
            let bench = try await site.star(
                "bench", "--seconds", "5", "--rounds", "1", "--callers", "1", "3", "--payloads", "0", "5000", "--rate",
                "200",
                "--json", "bench.json", "--plot", "bench.svg", "--histograms", "histograms")
            #expect(bench.code == 0, "\(bench.log)")
            #expect(
                bench.output.contains("ZeroMQ ipc, cold token") && bench.output.contains("ZeroMQ ipc, bytes")
                    && bench.output.contains("ZeroMQ tcp, CURVE")
                    && !bench.output.contains("took no part"), "\(bench.output)")
            let json = try JSONValue(json: Data(contentsOf: site.directory.appending(path: "bench.json")))
            guard case .array(let results) = json["results"] else { throw Late(description: "There are no results.") }
            #expect(results.count == 10 * 6)
            for result in results {
                guard case .integer(let calls) = result["calls"] else { throw Late(description: "\(result)") }
                #expect(calls > 0 && result["failures"] == .integer(0) && result["cpu_us_per_call"] != nil, "\(result)")
            }
            let svg = try String(contentsOf: site.directory.appending(path: "bench.svg"), encoding: .utf8)
            #expect(svg.hasPrefix("<svg ") && svg.contains("HTTP keep-alive"))
            let files = try FileManager.default.contentsOfDirectory(
                atPath: site.directory.appending(path: "histograms").path)
            #expect(files.count == 10 * 6 + 1)
        }
    }

    @Test("compares the wires of a service that runs, and a peer that takes part")
    func running() async throws {
        try await Site.open { site in
            try await site.serve("auth", "resource")
            let token = try await site.token()
            try site.writePeer("peers/echo", reporting: #"{"elapsed_ns":1000000,"failures":0,"times_ns":[[1000,50]]}"#)
            let bench = try await site.star(
                "bench", "resource.current_time", "--token", token, "--against", "ipc://.star/run/resource.sock",
                "--against", site.url("resource"), "--against", site.url("resource"), "--seconds", "1", "--rounds",
                "1", "--peers", "peers")
            #expect(bench.code == 0, "\(bench.log)")
            #expect(
                bench.output.contains("ipc://.star/run/resource.sock")
                    && bench.output.contains(site.url("resource") + " (2)"))
            #expect(bench.output.contains("echo: 1.0") && !bench.output.contains("took no part"), "\(bench.output)")
            let refused = try await site.star(
                "bench", "resource.current_time", "--against", site.url("resource"), "--seconds", "1")
            #expect(refused.code == 1 && refused.log.contains("token"), "\(refused.log)")
        }
    }

    @Test("stops at Ctrl-C with what it has, and leaves nothing behind")
    func interrupt() async throws {
        try await Site.open { site in
            let bench = try site.start(
                ["bench", "--seconds", "600", "--rounds", "1000", "--wires", "ipc", "--json", "bench.json"],
                ["TMPDIR": site.directory.path])
            try await eventually("the server listens") { site.has("star-bench-\(bench.pid)/ipc/resource.sock") }
            bench.send(SIGINT)
            #expect(try await bench.end() == 130, "\(bench.log)")
            #expect(bench.output.contains("cores"))
            #expect(site.has("bench.json") && !site.has("star-bench-\(bench.pid)"))
        }
    }

    @Test(
        "refuses what makes no sense",
        arguments: [
            ["--callers", "0"], ["--rounds", "0"], ["--wires", "smoke"], ["resource.current_time"], ["--token", "x"],
            ["--against", "ipc://x"], ["--payloads", "2000000"], ["--wires", "ipc", "ipc"],
        ])
    func usage(arguments: [String]) async throws {
        try await Site.open { site in
            let bench = try site.start(["bench"] + arguments)
            #expect(try await bench.end() == 64, "\(bench.log)")
        }
    }
}

extension Site {
    fileprivate func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: directory.appending(path: path).path)
    }

    /// Writes a program that takes part in a bench, and reports always the same.
    fileprivate func writePeer(_ path: String, reporting report: String) throws {
        let file = directory.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let script = """
            #!/bin/sh
            echo '{"name":"echo","version":"1.0","callers":['$$'],"servers":['$$']}'
            while read -r order; do echo '\(report)'; done
            """
        try Data(script.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
}
