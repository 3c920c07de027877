import Endpoints
import Foundation
import StarServices
import Testing
import Waiting
import Web

@Suite("The metrics of a service", .timeLimit(.minutes(5)))
struct MetricsTests {
    private static let promtool = "/usr/bin/promtool"

    @Test(
        "are described, name their service, and are few when every endpoint was called",
        arguments: ServiceDefinition.all.map(\.name))
    func metrics(service: String) async throws {
        try await Site.open { site in
            let running = try site.start(["serve", service])
            try await eventually("\(service) is live") {
                if let code = running.code { throw EndedEarly(service: service, code: code) }
                return (try? await Web.get(site.url(service) + "/health/live"))?.status == 200
            }
            let contract = try #require(ServiceDefinition.all.first { $0.name == service }?.contract)
            for endpoint in contract.endpoints {
                let path = endpoint.http.path.description.replacing(/\{[a-z_]+\}/, with: "x")
                _ = try await Web.send(endpoint.http.method.rawValue, site.url(service) + path)
            }
            let text = try await Web.get(site.url(service) + "/metrics").body
            #expect(text.utf8.count < 60_000)
            for endpoint in contract.endpoints {
                #expect(text.contains("endpoint=\"\(contract.qualifiedName(of: endpoint))\""))
            }
            let lines = text.split(separator: "\n")
            let families = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
            let described = lines.filter { $0.hasPrefix("# HELP ") }.map { $0.split(separator: " ")[2] }
            #expect(families == described && families.count > 5)
            let ofService = lines.filter { !$0.hasPrefix("#") && !$0.hasPrefix("process_") }
            #expect(ofService.allSatisfy { $0.contains("service=\"\(service)\"") })
            #expect(lines.contains("rpc_server_calls_in_flight{service=\"\(service)\"} 0"))
            if FileManager.default.isExecutableFile(atPath: Self.promtool) { try check(text) }
        }
    }

    /// Has Prometheus' own tool read it.
    private func check(_ text: String) throws {
        let promtool = Process()
        let (input, output) = (Pipe(), Pipe())
        promtool.executableURL = URL(filePath: Self.promtool)
        promtool.arguments = ["check", "metrics"]
        (promtool.standardInput, promtool.standardOutput, promtool.standardError) = (input, output, output)
        try promtool.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        promtool.waitUntilExit()
        #expect(promtool.terminationStatus == 0 && said.isEmpty, "\(String(decoding: said, as: UTF8.self))")
    }
}
