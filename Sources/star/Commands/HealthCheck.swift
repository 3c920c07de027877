import ArgumentParser
import Endpoints
import RPC

/// `star health`.
struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Says whether services are ready.",
        discussion: """
            Exit code 0 if all of them are, 1 otherwise. It asks over HTTP, at the ports that the settings name, unless told
            otherwise by --via or --address.
            """)

    @Argument(
        help: "\(Member.names), any other name with --address, or all.",
        completion: .list(["all"] + Member.all.map(\.name)))
    var services: [String]

    @OptionGroup var target: Target

    @Option(help: "For how many seconds to wait until they are.")
    var wait = 0

    func validate() throws { _ = try target.services(services) }

    func run() async throws {
        try await Exit.onError {
            let deadline = ContinuousClock.now + .seconds(wait)
            var isReady = true
            for service in try target.services(services) {
                let fault: String? = try await target.connect(to: service, by: .http) { caller in
                    try await self.fault(caller, until: deadline)
                }
                print("\(service): \(fault ?? "ready")")
                if fault != nil { isReady = false }
            }
            if !isReady { throw ExitCode.failure }
        }
    }

    /// - Returns: what is wrong, or `nil`.
    private func fault(_ caller: any Caller, until deadline: ContinuousClock.Instant) async throws -> String? {
        let client = Client<HealthContract>(caller)
        while true {
            do throws(Problem) {
                _ = try await client.call(HealthContract.check, timeout: .seconds(1))
                return nil
            } catch {
                guard ContinuousClock.now < deadline else { return error.detail }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
