import ArgumentParser
import Endpoints
import Foundation
import RPC
import StarServices

/// `star health`.
struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Says whether services are ready.",
        discussion: """
            Exit code 0 if all of them are, 1 otherwise. Without a name it asks the services that run here, in whatever
            process: that is what a container's health check is for, with --live. It asks over HTTP, at the ports that the
            settings name; --via and --address change that.
            """)

    @Argument(
        help: "\(ServiceDefinition.names), any other name with --address, or all; by default, those that run here.",
        completion: .list(["all"] + ServiceDefinition.all.map(\.name)))
    var services: [String] = []

    @Flag(help: "Asks whether they live, not whether they are ready: what a process must be restarted for.")
    var live = false

    @OptionGroup var target: ServiceTarget

    @Option(help: "For how many seconds to wait until they are.")
    var wait = 0

    func validate() throws { _ = try target.services(services) }

    func run() async throws {
        try await Exit.onError {
            let deadline = ContinuousClock.now + .seconds(wait)
            var isReady = true
            let names = services.isEmpty ? RunningServices.names() : services
            guard !names.isEmpty else { throw NothingRuns() }
            for service in try target.services(names) {
                let fault: String? = try await target.connect(to: service, by: .http) { caller in
                    try await self.fault(service, caller, until: deadline)
                }
                print("\(service): \(fault ?? (live ? "live" : "ready"))")
                if fault != nil { isReady = false }
            }
            if !isReady { throw ExitCode.failure }
        }
    }

    /// - Returns: what is wrong, or `nil`.
    private func fault(
        _ service: String, _ caller: any Caller, until deadline: ContinuousClock.Instant
    ) async throws -> String? {
        let client = Client<HealthContract>(caller)
        while true {
            do throws(Problem) {
                _ = try await client.call(live ? HealthContract.live : HealthContract.check, timeout: .seconds(1))
                return target.address == nil ? nil : try await foreignName(service, caller)
            } catch {
                guard ContinuousClock.now < deadline else { return error.detail }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// - Returns: the name of the service that answers at the address, if it is another one.
    private func foreignName(_ service: String, _ caller: any Caller) async throws(Problem) -> String? {
        let contract = try await Client<MetaContract>(caller).call(MetaContract.contract, timeout: .seconds(1)).value
        guard case .string(let name) = contract["name"], name != service else { return nil }
        return "\(name) answers there"
    }
}

private struct NothingRuns: Error, CustomStringConvertible {
    let description = "No service runs here."
}

/// The services that processes of this very program serve, as `/proc` shows them: in a container, all that runs there.
enum RunningServices {
    /// - Returns: their names, once each.
    static func names() -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var names: [String] = []
        for process in processes.compactMap({ Int32($0) }) where isThisProgram(process) {
            for name in served(commandLine(process)) where !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// - Parameter arguments: of a process, the program's name first.
    static func served(_ arguments: [String]) -> [String] {
        guard arguments.dropFirst().first == "serve", let serve = try? Serve.parse(Array(arguments.dropFirst(2))) else {
            return []
        }
        return (try? serve.names.members.map(\.name)) ?? []
    }

    private static func isThisProgram(_ process: Int32) -> Bool {
        var (one, own) = (stat(), stat())
        return stat("/proc/\(process)/exe", &one) == 0 && stat("/proc/self/exe", &own) == 0
            && one.st_dev == own.st_dev && one.st_ino == own.st_ino
    }

    private static func commandLine(_ process: Int32) -> [String] {
        let data = FileHandle(forReadingAtPath: "/proc/\(process)/cmdline").flatMap { try? $0.readToEnd() } ?? Data()
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
