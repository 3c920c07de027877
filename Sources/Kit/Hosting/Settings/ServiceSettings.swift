import HTTPTransport
public import ZeroMQ

/// The settings that each service has for itself. Their names begin with the service's.
public struct ServiceSettings: Sendable {
    /// The addresses at which the service listens for HTTP.
    public let httpHosts: [String]
    /// The port on which the service listens for HTTP; 0 is any.
    public let httpPort: Int
    /// The addresses at which the service listens for ZeroMQ.
    public let listen: [Address]
    /// The service's CURVE secret; without one it neither listens nor calls over `tcp://` beyond this machine.
    public let curve: CurveKeyPair?

    /// Reads the settings of a service.
    ///
    /// - Parameter port: the port for HTTP by default.
    /// - Throws: ``SettingsError`` for the first that is wrong.
    public init(_ service: String, port: Int, _ settings: Settings) throws(SettingsError) {
        httpHosts = try settings.value(for: Self.httpHosts(service))
        httpPort = try settings.value(for: Self.httpPort(service, port))
        listen = try settings.value(for: Self.listen(service, in: settings.socketFolder))
        curve = try settings.optional(Self.curve(service))
    }

    /// - Parameter port: the service's port for HTTP by default.
    public static func all(
        of service: String, port: Int, socketFolder: String = Settings.defaultSocketFolder
    ) -> [SettingDescription] {
        [
            httpHosts(service).description, httpPort(service, port).description,
            listen(service, in: socketFolder).description, address(of: service, socketFolder: socketFolder),
            curve(service).description,
        ]
    }

    /// The service's address for HTTP, as this machine reaches it.
    public var url: String { Self.url(httpHosts, httpPort) }

    /// The URL at which this machine reaches a service over HTTP.
    ///
    /// - Parameter port: the service's port for HTTP by default.
    /// - Throws: `SettingsError` if the hosts or the port are wrong.
    public static func url(of service: String, port: Int, _ settings: Settings) throws(SettingsError) -> String {
        url(try settings.value(for: httpHosts(service)), try settings.value(for: httpPort(service, port)))
    }

    private static func url(_ hosts: [String], _ port: Int) -> String { HTTPFront.url(host: hosts[0], port: port) }

    /// The addresses of a service, by its `…_URL`: each of its replicas, one at least.
    ///
    /// - Throws: `SettingsError` if an address is wrong.
    public static func addresses(of service: String, _ settings: Settings) throws(SettingsError) -> [PeerAddress] {
        try settings.value(for: addresses(service, in: settings.socketFolder))
    }

    /// That setting, for the list of those that an ``Application`` knows: a service that calls another one reads it.
    public static func address(
        of service: String, socketFolder: String = Settings.defaultSocketFolder
    ) -> SettingDescription {
        addresses(service, in: socketFolder).description
    }

    /// The name of that setting.
    public static func addressName(of service: String) -> String { service.uppercased() + "_URL" }

    private static func addresses(_ service: String, in folder: String) -> Setting<[PeerAddress]> {
        Setting(
            addressName(of: service),
            "The address at which other services reach \(service): ipc://path, tcp://host:port or http://host:port; "
                + "of each of several replicas, with commas between. A host's name may lead to several, and is followed.",
            default: "ipc://\(folder)/\(service).sock"
        ) { text throws(SettingFault) in
            var addresses: [PeerAddress] = []
            do throws(AddressError) {
                for part in text.listed { addresses.append(try PeerAddress(part)) }
            } catch {
                throw SettingFault("is wrong: \(error.reason)", part: error.text)
            }
            guard !addresses.isEmpty else { throw SettingFault("names no address") }
            return addresses
        }
    }

    private static func httpHosts(_ service: String) -> Setting<[String]> {
        let defaultHost = "127.0.0.1"
        return Setting(
            service.uppercased() + "_HTTP_HOST",
            "The addresses or names at which \(service) listens for HTTP, with commas between; * is every address.",
            default: defaultHost
        ) { text throws(SettingFault) in text.listed.isEmpty ? [defaultHost] : text.listed }
    }

    static func httpPortName(of service: String) -> String { service.uppercased() + "_HTTP_PORT" }

    private static func httpPort(_ service: String, _ port: Int) -> Setting<Int> {
        .integer(
            httpPortName(of: service), 0...65_535, "The port on which \(service) listens for HTTP; 0 is any.",
            default: port)
    }

    private static func listen(_ service: String, in folder: String) -> Setting<[Address]> {
        .addresses(
            service.uppercased() + "_ZMQ_LISTEN",
            "The address at which \(service) listens for ZeroMQ: ipc://path or tcp://host:port, with commas between.",
            default: "ipc://\(folder)/\(service).sock")
    }

    /// A secret key for `tcp://`.
    ///
    /// - Parameters:
    ///   - holder: the service, or whoever else connects.
    ///   - words: what the holder is called in a sentence.
    public static func curve(_ holder: String, called words: String? = nil) -> Setting<CurveKeyPair> {
        Setting(
            holder.uppercased() + "_CURVE_SECRET_KEY",
            "The secret key of \(words ?? holder) for tcp://: 64 hexadecimal digits or 40 characters of Z85. "
                + "Its public half is in CURVE_PUBLIC_KEYS.",
            default: "", isSecret: true
        ) { text throws(SettingFault) in
            guard let secret = try? CurveSecretKey(text: text), let pair = try? CurveKeyPair(secretKey: secret) else {
                throw SettingFault(
                    "must be 64 hexadecimal digits, 40 characters of Z85, or a certificate with a secret key")
            }
            return pair
        }
    }
}

/// The ports that browsers, and `fetch` in other programs, refuse to open.
///
/// Source: the list of bad ports in the Fetch standard, https://fetch.spec.whatwg.org/#port-blocking, as Node.js 20.20
/// enforced it on 2026-11-28, when each of the 65 535 ports was tried.
public enum BrowserPorts {
    /// The numbers of those ports.
    public static let blocked: Set<Int> = [
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110,
        111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
        532,
        540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
        5061,
        6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
    ]
}
