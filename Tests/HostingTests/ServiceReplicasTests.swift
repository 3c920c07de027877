import Endpoints
import Hosting
import RPC
import Synchronization
import Testing
import Waiting
import ZeroMQ

@Suite("The replicas that a name leads to", .timeLimit(.minutes(1)))
struct ServiceReplicasTests {
    /// Answers as the test says, and counts the questions.
    private final class Names: Sendable {
        private let state = Mutex((hosts: [String]?.none, questions: 0))

        var questions: Int { state.withLock(\.questions) }

        var resolver: HostResolver {
            HostResolver { _ in
                try self.state.withLock { state in
                    state.questions += 1
                    guard let hosts = state.hosts else { throw Unknown() }
                    return hosts
                }
            }
        }

        /// - Parameter hosts: `nil` if the name is not known.
        func lead(to hosts: [String]?) { state.withLock { $0.hosts = hosts } }
    }

    private struct Unknown: Error {}

    enum Wire: CaseIterable {
        case zeroMQ
        case http
    }

    /// A process of echo for each word, at 127.0.0.1, 127.0.0.2 and so on, and a client that knows their name alone.
    private func open(
        _ words: [String], over wire: Wire, _ names: Names,
        _ test: (Client<EchoContract>, [ServiceHost]) async throws -> Void
    ) async throws {
        let address = try freeAddress()
        let port = String(address.split(separator: ":")[2])
        var servers: [Station] = []
        var hosts: [ServiceHost] = []
        for (number, word) in words.enumerated() {
            let host = "127.0.0.\(number + 1)"
            servers.append(
                try await Station(
                    wire == .http
                        ? ["ECHO_HTTP_HOST": host, "ECHO_HTTP_PORT": port]
                        : ["ECHO_ZMQ_LISTEN": "tcp://\(host):\(port)"]))
            hosts.append(try await servers[number].echo(word))
        }
        let station = try await Station([
            "ECHO_URL": wire == .http ? "http://echo.example:\(port)" : "tcp://localhost:\(port)"
        ])
        let visitor = try station.host("visitor", resolver: names.resolver)
        let echo = Client<EchoContract>(try await visitor.caller(to: EchoContract.description))
        try await Station.run(zip(servers, hosts).map { $0 }) {
            try await station.run(visitor) { _ in try await test(echo, hosts) }
        }
    }

    private func word(from echo: Client<EchoContract>) async throws -> String {
        try await echo.call(EchoContract.say, Word(word: "?"), timeout: .seconds(20)).word
    }

    /// Calls until all of these, and in the end no others, have answered for a while.
    private func until(_ words: Set<String>, answer echo: Client<EchoContract>) async throws {
        var last: [String] = []
        try await eventually("\(words) answer", pause: .zero) {
            last = last.suffix(49) + [try await word(from: echo)]
            return Set(last) == words && last.count == 50
        }
    }

    @Test("are all called, those that come and those that stay, and no call is lost", arguments: Wire.allCases)
    func follow(_ wire: Wire) async throws {
        let names = Names()
        names.lead(to: ["127.0.0.1"])
        try await open(["one", "two", "three"], over: wire, names) { echo, _ in
            try await until(["one"], answer: echo)
            names.lead(to: ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
            try await until(["one", "two", "three"], answer: echo)
            names.lead(to: ["127.0.0.2"])
            try await until(["two"], answer: echo)
            names.lead(to: ["127.0.0.3"])
            try await until(["three"], answer: echo)
        }
    }

    @Test("stay while the name cannot be resolved, or leads to nothing")
    func unresolved() async throws {
        let names = Names()
        names.lead(to: ["127.0.0.1"])
        try await open(["one"], over: .zeroMQ, names) { echo, _ in
            try await until(["one"], answer: echo)
            for hosts in [nil, []] as [[String]?] {
                names.lead(to: hosts)
                let before = names.questions
                try await eventually("the name is resolved again", pause: .zero) {
                    try await until(["one"], answer: echo)
                    return names.questions >= before + 2
                }
            }
        }
    }

    @Test("are left out if nobody is there, or not yet", arguments: Wire.allCases)
    func absent(_ wire: Wire) async throws {
        let names = Names()
        names.lead(to: ["127.0.0.8", "127.0.0.1", "127.0.0.9"])
        try await open(["one"], over: wire, names) { echo, _ in
            try await until(["one"], answer: echo)
        }
    }

    @Test("are found when the name is known at last; until then calls fail, and were not sent")
    func late() async throws {
        let names = Names()
        try await open(["one"], over: .zeroMQ, names) { echo, _ in
            let problem = await #expect(throws: Problem.self) { _ = try await word(from: echo) }
            #expect(problem?.kind == .unavailable && problem?.isUnprocessed == true)
            names.lead(to: ["127.0.0.1"])
            try await eventually { (try? await word(from: echo)) == "one" }
        }
    }

    @Test("are looked up at once when one says that it will stop")
    func leaving() async throws {
        let names = Names()
        names.lead(to: ["127.0.0.1"])
        try await open(["one", "two"], over: .zeroMQ, names) { echo, hosts in
            try await until(["one"], answer: echo)
            names.lead(to: ["127.0.0.2"])
            async let drained: Void = hosts[0].drain()
            let other = try await eventually("another replica answers", pause: .zero) {
                let name = try await word(from: echo)
                return name == "one" ? nil : name
            }
            #expect(other == "two")
            await drained
        }
    }

    @Test(
        "are not looked up if the address is in digits or a path",
        arguments: [
            "tcp://127.0.0.1:5041", "tcp://[::1]:5041", "ipc://echo.sock", "http://127.0.0.1:5041",
            "http://[::1]:5041/echo", "http://127.1:5041",
        ])
    func literal(_ address: String) async throws {
        let names = Names()
        let station = try await Station(["ECHO_URL": address])
        let host = try station.host("visitor", resolver: names.resolver)
        let replicas = try await host.replicas(of: EchoContract.description)
        #expect(await replicas.current.map(\.address.description) == [address])
        #expect(await replicas.current.map(\.place) == [nil])
        await host.close()
        await station.runtime.stop()
        #expect(names.questions == 0)
    }

    @Test("are shown with the addresses that have no name")
    func list() async throws {
        let names = Names()
        names.lead(to: ["[::1]", "127.0.0.1"])
        let station = try await Station(["ECHO_URL": "ipc://echo.sock, http://echo.example:80"])
        let host = try station.host("visitor", resolver: names.resolver)
        let replicas = try await host.replicas(of: EchoContract.description)
        try await eventually { await replicas.current.count == 3 }
        #expect(await replicas.current.map(\.address.scheme) == ["ipc", "http", "http"])
        #expect(await replicas.current.map(\.place) == [nil, "127.0.0.1", "[::1]"])
        await host.close()
        await station.runtime.stop()
    }
}
