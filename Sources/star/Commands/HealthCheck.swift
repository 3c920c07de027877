import ArgumentParser
import Endpoints
import HTTPTransport
import Hosting
import RPC

/// `star health`.
struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Says whether services are ready.",
        discussion:
            "Exit code 0 if all of them are, 1 otherwise. It asks over HTTP, at the ports that the settings name.")

    @OptionGroup var names: ServiceNames

    @Option(help: "For how many seconds to wait until they are.")
    var wait = 0

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = ".env"

    func run() async throws {
        try await Exit.onError {
            let settings = try await Settings(environmentFile: env)
            let deadline = ContinuousClock.now + .seconds(wait)
            var isReady = true
            for member in try names.members {
                let answer = try await state(of: member, settings, until: deadline)
                print("\(member.name): \(answer ?? "ready")")
                if answer != nil { isReady = false }
            }
            if !isReady { throw ExitCode.failure }
        }
    }

    /// - Returns: what is wrong, or `nil`.
    private func state(
        of member: Member, _ settings: Settings, until deadline: ContinuousClock.Instant
    ) async throws -> String? {
        let service = try ServiceSettings(member.name, port: member.port, settings)
        let caller = HTTPCaller(service.url)
        let client = Client<HealthContract>(caller)
        var answer: String?
        repeat {
            do throws(Problem) {
                _ = try await client.call(HealthContract.check, timeout: .seconds(1))
                answer = nil
            } catch {
                answer = error.detail
                try await Task.sleep(for: .milliseconds(100))
            }
        } while answer != nil && ContinuousClock.now < deadline
        await caller.close()
        return answer
    }
}
