internal import Testing
internal import ZeroMQ

@Suite("An address")
struct AddressTests {
    @Test(
        "prints as it was written",
        arguments: [
            "ipc:///run/star/auth.sock", "ipc://run/auth.sock", "tcp://127.0.0.1:5040", "tcp://*:*", "tcp://[::1]:80",
            "tcp://auth.internal:65535", "inproc://zeromq.zap.01",
        ])
    func prints(text: String) throws {
        #expect(try Address(text).description == text)
    }

    @Test("knows port 0 and * as the same")
    func wildcard() throws {
        let zero = try Address("tcp://127.0.0.1:0")
        #expect(zero == (try Address("tcp://127.0.0.1:*")))
        #expect(!zero.isConnectable)
    }

    @Test(
        "is refused with a sentence",
        arguments: [
            ("", "begins with none"), ("auth:5040", "begins with none"), ("udp://a:1", "udp:// is not one"),
            ("ipc://", "path is missing"), ("ipc://@auth", "abstract"), ("ipc://*", "name a file"),
            ("ipc:///run/", "name a file"), ("ipc:///\(String(repeating: "p", count: 107))", "108 bytes"),
            ("tcp://host", "port is missing"), ("tcp://:5040", "host is missing"), ("tcp://host:65536", "0 to 65535"),
            ("tcp://host:+1", "0 to 65535"), ("tcp://::1:80", "in brackets"), ("tcp://host:", "0 to 65535"),
            ("tcp://eth0;host:1", "in brackets"), ("inproc://", "name is missing"), ("ipc:///a b", "space"),
            ("inproc://a\u{0}b", "control character"),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: AddressError.self) { try Address(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
    }

    @Test("may have a path of 107 bytes")
    func maxPath() throws {
        let text = "ipc:///" + String(repeating: "p", count: 106)
        #expect(try Address(text).description == text)
    }
}

@Suite("The names of hosts")
struct HostNamesTests {
    @Test("are told from addresses in digits", arguments: ["127.0.0.1", "10.1", "::1", "[::1]", "[fe80::1%lo]", "*"])
    func numeric(_ host: String) {
        #expect(HostNames.isNumeric(host))
    }

    @Test("are no digits", arguments: ["localhost", "resource", "10.0.0.1.example", "1.2.3.4.5", "g::1"])
    func name(_ host: String) {
        #expect(!HostNames.isNumeric(host))
    }

    @Test("lead to addresses in digits that can be connected to")
    func resolved() async throws {
        let hosts = try await HostNames.addresses(of: "localhost")
        #expect(!hosts.isEmpty && hosts.allSatisfy(HostNames.isNumeric))
        for host in hosts { #expect(throws: Never.self) { _ = try Address("tcp://\(host):5040") } }
    }

    @Test("lead nowhere if nobody knows them, and the error says so")
    func unknown() async {
        let error = await #expect(throws: ZeroMQError.self) {
            _ = try await HostNames.addresses(of: "nowhere.invalid")
        }
        #expect(error?.description.contains("nowhere.invalid") == true)
    }
}
