import Contracts
import Endpoints
import RPC
import Synchronization

/// The typed clients of a wire, and what they show and send.
struct BenchClients: Sendable {
    let resource: Client<ResourceContract>
    let echo: Client<EchoContract>
    private let tokens: Tokens
    /// The payloads of calls of each size.
    let texts: [Int: EchoContract.Text]

    /// - Parameters:
    ///   - callers: to the resource service, and to the echo.
    ///   - tokens: what calls show in turn.
    init(_ callers: [any Caller], tokens: [String], payloads: [Int]) {
        resource = Client(callers[0])
        echo = Client(callers[1])
        self.tokens = Tokens(tokens)
        texts = Dictionary(
            uniqueKeysWithValues: Set(payloads).map { size in
                (size, EchoContract.Text(text: String(repeating: "x", count: size)))
            })
    }

    /// Makes a call with so many bytes, or the smallest one.
    func call(_ payload: Int) async throws(Problem) {
        guard payload > 0, let text = texts[payload] else {
            _ = try await resource.call(ResourceContract.currentTime, token: tokens.next(), timeout: .seconds(10))
            return
        }
        _ = try await echo.call(EchoContract.echo, text, token: tokens.next(), timeout: .seconds(10))
    }
}

/// Tokens that are shown one after the other, again and again.
private final class Tokens: Sendable {
    private let all: [String]
    private let count = Atomic(0)

    init(_ all: [String]) {
        self.all = all
    }

    func next() -> String {
        all[count.add(1, ordering: .relaxed).oldValue % all.count]
    }
}
