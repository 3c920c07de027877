import Contracts
import Endpoints
import RPC

/// The typed clients of a wire, and what they show and send.
struct BenchClients: Sendable {
    let resource: Client<ResourceContract>
    let echo: Client<EchoContract>
    let token: String
    /// What calls of each size carry.
    let texts: [Int: EchoContract.Text]

    /// - Parameter callers: to the resource service, and to the echo.
    init(_ callers: [any Caller], token: String, payloads: [Int]) {
        resource = Client(callers[0])
        echo = Client(callers[1])
        self.token = token
        texts = Dictionary(
            uniqueKeysWithValues: Set(payloads).map { size in
                (size, EchoContract.Text(text: String(repeating: "x", count: size)))
            })
    }

    /// Makes a call with so many bytes, or the smallest one.
    func call(_ payload: Int) async throws(Problem) {
        guard payload > 0, let text = texts[payload] else {
            _ = try await resource.call(ResourceContract.currentTime, token: token, timeout: .seconds(10))
            return
        }
        _ = try await echo.call(EchoContract.echo, text, token: token, timeout: .seconds(10))
    }
}
