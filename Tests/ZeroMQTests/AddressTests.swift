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
    func longestPath() throws {
        let text = "ipc:///" + String(repeating: "p", count: 106)
        #expect(try Address(text).description == text)
    }
}
