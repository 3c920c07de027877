import Foundation
import Logging
import TemporaryFiles
import Testing
import ZeroMQ

@testable import Hosting

@Suite("Settings")
struct SettingsTests {
    let directory = TemporaryDirectory()

    /// The error of reading a setting.
    func complaint<Value>(_ values: [String: String], _ setting: Setting<Value>) -> String? {
        do throws(SettingsError) {
            _ = try Settings(values).value(for: setting)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("are text, numbers, words of a few, and lists")
    func kinds() throws {
        let settings = Settings(["A_TEXT": "b c", "A_NUMBER": "7", "A_LEVEL": "error", "A_LIST": " x, y,,z "])
        #expect(try settings.value(for: Setting.text("A_TEXT", "A text.", default: nil)) == "b c")
        #expect(try settings.value(for: Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)) == 7)
        #expect(try settings.value(for: Setting.choice("A_LEVEL", "A level.", default: Logger.Level.info)) == .error)
        #expect(try settings.value(for: Setting.list("A_LIST", "A list.", default: "")) == ["x", "y", "z"])
    }

    @Test("have a default if nothing is set")
    func defaults() throws {
        let settings = Settings([:])
        #expect(try settings.value(for: Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)) == 3)
        #expect(try settings.value(for: Setting.list("A_LIST", "A list.", default: "")) == [])
        #expect(try settings.optional(Setting.text("A_TEXT", "A text.", default: "")) == nil)
        #expect(try CommonSettings(settings).environment == .development)
    }

    @Test(
        "have their default if they are empty, as Compose makes them of a variable that is not set",
        arguments: ["", " \n"])
    func empty(_ text: String) throws {
        let settings = Settings(["A_TEXT": text, "A_NUMBER": text, "A_LEVEL": text, "A_SWITCH": text])
        #expect(try settings.value(for: Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)) == 3)
        #expect(try settings.value(for: Setting.choice("A_LEVEL", "A level.", default: Logger.Level.error)) == .error)
        #expect(try settings.value(for: Setting.boolean("A_SWITCH", "A switch.", default: "true")))
        #expect(try settings.value(for: Setting.text("A_TEXT", "A text.", default: "usual")) == "usual")
        #expect(try settings.value(for: Setting.text("A_TEXT", "A text.", default: nil)) == "")
    }

    @Test("stop the start with a sentence that names the one which is missing")
    func missing() {
        let setting = Setting.text("A_TEXT", "The text of all texts.", default: nil)
        #expect(complaint([:], setting) == "A_TEXT is not set. It is: The text of all texts.")
    }

    @Test(
        "stop the start with a sentence that names the one which is wrong",
        arguments: ["0", "10", "x", "7.0", "7 7", "99999999999999999999"])
    func wrong(_ text: String) {
        let setting = Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)
        #expect(complaint(["A_NUMBER": text], setting) == "A_NUMBER must be a number from 1 to 9, not “\(text)”.")
    }

    @Test(
        "say which part of a list is wrong, once",
        arguments: [
            (
                "TRUSTED_PROXIES", "::1, 10.0.0.0/33",
                "must be addresses or networks such as 10.0.0.0/8, not “10.0.0.0/33”"
            ),
            (
                "CORS_ALLOWED_ORIGINS", "https://a.example,b",
                "must be origins such as https://app.example:8443, without a path, not “b”"
            ),
            ("CORS_ALLOWED_ORIGINS", "*,x", "must be * or a list of origins, not both, not “*,x”"),
        ])
    func parts(_ name: String, _ text: String, _ fault: String) {
        #expect(throws: SettingsError(description: "\(name) \(fault).")) { try CommonSettings(Settings([name: text])) }
    }

    @Test("say what is wrong with an address")
    func addressFault() {
        let wrong = Settings(["TEA_ZMQ_LISTEN": "ipc://a, ipc://"])
        #expect(throws: SettingsError(description: "TEA_ZMQ_LISTEN is wrong: the path is missing (“ipc://”).")) {
            try ServiceSettings("tea", port: 8080, wrong)
        }
    }

    @Test("say which words there are, where one is none of them")
    func choice() {
        let complaint = complaint(
            ["ENVIRONMENT": "moon"],
            Setting.choice("ENVIRONMENT", "Where.", default: CommonSettings.Environment.development))
        #expect(complaint == "ENVIRONMENT must be one of development, production, not “moon”.")
    }

    @Test(
        "may have space and line ends around them, as a Secret of Kubernetes made by echo has",
        arguments: ["\n", "\r\n", " "])
    func space(_ end: String) throws {
        let values = ["A_TEXT": "sesame", "A_NUMBER": "7", "A_LEVEL": "INFO", "A_SECRET": "sesame"]
        let settings = Settings(values.mapValues { $0 + end })
        #expect(try settings.value(for: Setting.text("A_TEXT", "A text.", default: nil)) == "sesame")
        #expect(
            try settings.value(for: Setting.text("A_SECRET", "A secret.", default: nil, isSecret: true)) == "sesame")
        #expect(try settings.value(for: Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)) == 7)
        #expect(try settings.value(for: Setting.choice("A_LEVEL", "A level.", default: Logger.Level.error)) == .info)
        let path = try directory.write("sesame", to: "secret")
        #expect(chmod(path, 0o600) == 0)
        let named = Settings(["A_SECRET_FILE": path + end])
        #expect(try named.value(for: Setting.text("A_SECRET", "A secret.", default: nil, isSecret: true)) == "sesame")
    }

    @Test("say whether something is so", arguments: ["yes", "1", "truth", "t rue"])
    func booleans(_ text: String) throws {
        let setting = Setting.boolean("A_SWITCH", "A switch.", default: "false")
        #expect(try !Settings([:]).value(for: setting))
        for text in ["true", "True", "TRUE"] { #expect(try Settings(["A_SWITCH": text]).value(for: setting)) }
        #expect(complaint(["A_SWITCH": text], setting) == "A_SWITCH must be true or false, not “\(text)”.")
    }

    @Test("come from .env too, and the environment goes before it")
    func file() throws {
        let path = try directory.write("PATH=from the file\nA_TEXT = from = the file \n# A_NUMBER=7\n", to: "env")
        let settings = try Settings(environmentFile: path)
        let environment = try #require(ProcessInfo.processInfo.environment["PATH"])
        #expect(try settings.value(for: Setting.text("PATH", "The path.", default: nil)) == environment)
        #expect(try settings.value(for: Setting.text("A_TEXT", "A text.", default: nil)) == "from = the file")
        #expect(try settings.value(for: Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)) == 3)
    }

    @Test("come from a file that is there, if somebody names one")
    func noFile() throws {
        #expect(throws: SettingsError.self) { try Settings(environmentFile: directory.path(of: "nothing")) }
        _ = try directory.write("", to: "env")
        let link = directory.path(of: "link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path(of: "nothing"))
        #expect(throws: SettingsError.self) { try Settings(environmentFile: link) }
    }

    @Test("that nobody reads are told, with the name that was probably meant")
    func unknown() throws {
        let path = try directory.write("AUTH_HTP_PORT=1\nauth_http_host=a\nTEA=1\nsesame\nLOG_LEVEL=info\n", to: "env")
        let all = CommonSettings.all + ServiceSettings.all(of: "auth", port: 5040)
        let found = try Settings(environmentFile: path).unknown(of: all)
        #expect(
            found == [
                UnknownSetting(name: "AUTH_HTP_PORT", place: "\(path), line 1", nearest: "AUTH_HTTP_PORT"),
                UnknownSetting(name: "auth_http_host", place: "\(path), line 2", nearest: "AUTH_HTTP_HOST"),
                UnknownSetting(name: "TEA", place: "\(path), line 3", nearest: nil),
                UnknownSetting(name: "a name without a value", place: "\(path), line 4", nearest: nil),
            ])
        let environment = ["AUTH_CURVE_SECRET_KEY_FIL": "a", "AUTH_CURVE_SECRET_KEY_FILE": "b", "PATH": "c"]
        #expect(Settings(environment).unknown(of: all).map(\.nearest) == ["AUTH_CURVE_SECRET_KEY_FILE"])
    }

    @Test(
        "do not repeat in a message what may be a secret in the wrong place",
        arguments: [String(repeating: "0a", count: 32), "postgres://a:b@c", "info A=b", "1\nsecret"])
    func hidden(_ text: String) {
        let setting = Setting.integer("A_NUMBER", 1...9, "A number.", default: 3)
        #expect(complaint(["A_NUMBER": text], setting) == "A_NUMBER must be a number from 1 to 9.")
    }

    @Test("are described, each with a sentence and once")
    func described() {
        let all = CommonSettings.all + ServiceSettings.all(of: "auth", port: 5040)
        #expect(Set(all.map(\.name)).count == all.count)
        for setting in all {
            #expect(setting.summary.hasSuffix("."), "\(setting.name)")
            #expect(setting.name.wholeMatch(of: /[A-Z][A-Z0-9_]*/) != nil, "\(setting.name)")
        }
        #expect(all.filter(\.isSecret).map(\.name) == ["AUTH_CURVE_SECRET_KEY"])
    }

    @Test("of a service are where it listens and where it is reached")
    func service() throws {
        let values = ["AUTH_HTTP_PORT": "80", "AUTH_ZMQ_LISTEN": "ipc://a.sock,tcp://127.0.0.1:5041"]
        let service = try ServiceSettings("auth", port: 5040, Settings(values))
        #expect(service.httpPort == 80 && service.httpHosts == ["127.0.0.1"] && service.curve == nil)
        #expect(service.listen.map(\.description) == ["ipc://a.sock", "tcp://127.0.0.1:5041"])
        #expect(try ServiceSettings("auth", port: 5040, Settings([:])).httpPort == 5040)
        for wrong in ["http://a", "tcp://a", "ipc://", "ipc://a,,udp://b"] {
            let complaint = #expect(throws: SettingsError.self) {
                _ = try ServiceSettings("auth", port: 5040, Settings(["AUTH_ZMQ_LISTEN": wrong]))
            }
            #expect(complaint?.description.hasPrefix("AUTH_ZMQ_LISTEN ") == true)
        }
    }

    @Test("of a peer's address say the transport")
    func address() throws {
        func address(_ text: String) throws -> PeerAddress {
            try #require(ServiceSettings.addresses(of: "auth", Settings(["AUTH_URL": text])).first)
        }
        #expect(try address("http://a:1") == .http("http://a:1"))
        #expect(try address("tcp://a:1") == .zeroMQ(Address("tcp://a:1")))
        let standard = PeerAddress.zeroMQ(try Address("ipc://.run/auth.sock"))
        #expect(try ServiceSettings.addresses(of: "auth", Settings([:])) == [standard])
        for url in ["https://a", "http://[::1]:5040", "http://my_auth:5040/below"] {
            #expect(try address(url) == .http(url))
        }
        for wrong in [
            "a:1", "", ",", "tcp://a:1,b", "http://", "http://a:0", "http://a:99999", "http://a:b", "http://b c",
            "http://a?b",
            "http://u:p@a",
        ] {
            #expect(throws: SettingsError.self) { try address(wrong) }
        }
        let fault = #expect(throws: SettingsError.self) { try address("a:1") }
        #expect(fault?.description.contains("none of ipc://, tcp://, http://, https:// (“a:1”)") == true)
        let several = try ServiceSettings.addresses(of: "auth", Settings(["AUTH_URL": "tcp://a:1,http://b:2"]))
        #expect(several == [.zeroMQ(try Address("tcp://a:1")), .http("http://b:2")])
    }

    @Test("of addresses have the application's folder of sockets by default")
    func socketFolder() throws {
        let settings = Settings([:], socketFolder: "/run/shop")
        #expect(try ServiceSettings("cart", port: 1, settings).listen == [Address("ipc:///run/shop/cart.sock")])
        #expect(
            try ServiceSettings.addresses(of: "cart", settings) == [.zeroMQ(Address("ipc:///run/shop/cart.sock"))])
        let news = try settings.value(for: EventSettings.address("cart", in: settings.socketFolder))
        #expect(news == [try Address("ipc:///run/shop/cart-events.sock")])
        let described = ServiceSettings.all(of: "cart", port: 1, socketFolder: "/run/shop")
        #expect(described.compactMap(\.defaultValue).filter { $0 == "ipc:///run/shop/cart.sock" }.count == 2)
    }

    @Test("that are lists may have space around their commas, and commas with nothing between")
    func lists() throws {
        let (one, two) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
        let settings = Settings([
            "AUTH_URL": "ipc://a, http://b:2 ,", "AUTH_ZMQ_LISTEN": " ipc://a,\ttcp://127.0.0.1:5041",
            "AUTH_EVENTS_URL": "ipc://c , ipc://d", "CURVE_PUBLIC_KEYS": "a=\(one), b = \(two),, ",
        ])
        let addresses = try ServiceSettings.addresses(of: "auth", settings)
        #expect(addresses == [.zeroMQ(try Address("ipc://a")), .http("http://b:2")])
        let listen = try ServiceSettings("auth", port: 5040, settings).listen
        #expect(listen.map(\.description) == ["ipc://a", "tcp://127.0.0.1:5041"])
        let news = try settings.value(for: EventSettings.address("auth", in: settings.socketFolder))
        #expect(news.map(\.description) == ["ipc://c", "ipc://d"])
        #expect(try CommonSettings(settings).publicKeys.mapValues(\.hex) == ["a": one, "b": two])
    }
}
