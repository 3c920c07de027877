import Foundation
import Testing
import Web
import ZeroMQ

@Suite("The transport between services", .timeLimit(.minutes(5)))
struct TransportTests {
    enum Wire: String, CaseIterable, CustomTestStringConvertible {
        case ipc = "ipc://"
        case http = "http://"
        case curve = "tcp:// and CURVE"
        case ipcByLibzmq = "ipc://, by libzmq"
        case curveByLibzmq = "tcp:// and CURVE, by libzmq"

        var testDescription: String { rawValue }

        /// Its name in metrics.
        var name: String { self == .http ? "http" : "zmq" }

        func settings(_ site: Site) throws -> [String: String] {
            var settings: [String: String] = [:]
            var keys: [String] = []
            for service in Site.services {
                let prefix = service.uppercased()
                switch self {
                case .ipc, .ipcByLibzmq: break
                case .http: settings[prefix + "_URL"] = site.url(service)
                case .curve, .curveByLibzmq:
                    let address = "tcp://127.0.0.1:\(try FreePort.next())"
                    let pair = try CurveKeyPair.generate()
                    settings[prefix + "_ZMQ_LISTEN"] = address
                    settings[prefix + "_URL"] = address
                    settings[prefix + "_CURVE_SECRET_KEY"] = pair.secretKey.hex
                    keys.append("\(service)=\(pair.publicKey.hex)")
                }
            }
            if self == .ipcByLibzmq || self == .curveByLibzmq { settings["ZMQ_ENGINE"] = "libzmq" }
            if !keys.isEmpty { settings["CURVE_PUBLIC_KEYS"] = keys.joined(separator: ",") }
            return settings
        }
    }

    @Test("is a setting, and four processes talk over any", arguments: Wire.allCases)
    func wires(_ wire: Wire) async throws {
        try await Site.open(wire.settings) { site in
            // In the order against their dependence: each starts without waiting for another.
            for service in Site.services.reversed() { _ = try site.start(["serve", service]) }
            for service in Site.services { try await site.ready(service) }
            let answer = try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time")
            #expect(answer.status == 200, "\(answer.body)")
            let token = try await site.token()
            let own = try await Web.get(site.url("webapp") + "/api/v1/time/current_time", ["X-Token": token])
            #expect(own.status == 200, "\(own.body)")
            let refused = try await Web.get(site.url("webapp") + "/api/v1/time/current_time", ["X-Token": "x.y.z"])
            #expect(refused.status == 401 && refused.code == "token_invalid")
            let metrics = try await Web.get(site.url("resource") + "/metrics").body
            let counted =
                #"rpc_server_calls_total{endpoint="resource.epoch_time",service="resource",status="200",transport="\#(wire.name)"} 1"#
            #expect(metrics.contains(counted), "\(metrics)")
        }
    }
}
