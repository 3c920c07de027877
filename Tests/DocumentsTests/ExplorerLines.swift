import Contracts
import HTTPTransport
import RPC

/// Lines that the explorer offers to copy, compiled; Tests/Python/test_explorer.py compares the two.
enum ExplorerLines {
    static func greet() async throws -> BoilerplateContract.Greeting {
        let caller = HTTPCaller("http://localhost:5070")
        let answer = try await Client<BoilerplateContract>(caller).call(
            BoilerplateContract.greet, .init(name: "Ada", times: 2))
        return answer
    }

    static func smoke() async throws -> Smoke {
        let caller = HTTPCaller("http://localhost:5070")
        let answer = try await Client<BoilerplateContract>(caller).call(
            BoilerplateContract.smoke)
        return answer
    }

    static func check() async throws -> Health {
        let caller = HTTPCaller("http://localhost:5070")
        let answer = try await Client<HealthContract>(caller).call(
            HealthContract.check)
        return answer
    }

    static func create() async throws -> TokenGrant {
        let caller = HTTPCaller("http://localhost:5040")
        let answer = try await Client<AuthContract>(caller).call(
            AuthContract.create, .init(user: "ada", password: "correct horse battery staple"))
        return answer
    }

    static func currentTime(_ token: String) async throws -> CurrentTime {
        let caller = HTTPCaller("http://localhost:5050")
        let answer = try await Client<ResourceContract>(caller).call(
            ResourceContract.currentTime, token: token)
        return answer
    }
}
