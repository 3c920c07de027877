import Background
import Foundation
public import HTTPTransport
public import Logging
public import ZeroMQ
import ZeroMQTransport

/// The settings that all services share.
public struct CommonSettings: Sendable {
    /// The kind of place in which the process runs. In production the start requires that only its owner can read secrets.
    public enum Environment: String, Sendable, CaseIterable {
        case development
        case production
    }

    /// The value of `ENVIRONMENT`.
    public let environment: Environment
    /// The least important level that is logged.
    public let logLevel: Logger.Level
    /// The form of a line of the log.
    public let logFormat: LogFormat
    /// The largest request body, in bytes.
    public let maxBody: Int
    /// The memory for request bodies that come in several parts over HTTP, in bytes.
    public let maxBodyMemory: Int
    /// The largest reply of another service, in bytes.
    public let maxReply: Int
    /// The number of calls that a service has in flight.
    public let maxInFlight: Int
    /// The number of HTTP connections that a service has at a time.
    public let maxConnections: Int
    /// The time after which an HTTP connection without a request is closed.
    public let httpIdleTime: Duration
    /// The pages of other origins that may call over HTTP.
    public let cors: CORSPolicy
    /// The reverse proxies that are trusted to name a client's address and the service's URL.
    public let trustedProxies: TrustedProxies
    /// If their connections begin with a header of the PROXY protocol.
    public let proxyProtocol: ProxyProtocol
    /// The time for which a service that is to stop still accepts calls, so that its callers can learn of it.
    public let drainTime: Duration
    /// The time that calls in flight have after that.
    public let shutdownTimeout: Duration
    /// The time for which a service's thread polls for work before it sleeps.
    public let spinTime: Duration
    /// The implementation of ZeroMQ's protocol over `ipc://` and `tcp://`.
    public let engine: Engine
    /// CURVE keys by the name of the service or client that holds the secret half.
    public let publicKeys: [String: CurvePublicKey]

    /// Reads them.
    ///
    /// - Throws: ``SettingsError`` for the first that is wrong.
    public init(_ settings: Settings) throws(SettingsError) {
        environment = try settings.value(for: Self.environment)
        logLevel = try settings.value(for: Self.logLevel)
        logFormat = try settings.value(for: Self.logFormat)
        maxBody = try settings.value(for: Self.maxBody)
        let maxBodyMemory = try settings.value(for: Self.maxBodyMemory)
        self.maxBodyMemory = maxBodyMemory > 0 ? maxBodyMemory : min(64 << 20, ProcessLimits.current.memory / 8)
        maxReply = try settings.value(for: Self.maxReply)
        maxInFlight = try settings.value(for: Self.maxInFlight)
        maxConnections = try settings.value(for: Self.maxConnections)
        httpIdleTime = .seconds(try settings.value(for: Self.httpIdleTime))
        cors = try settings.value(for: Self.cors)
        trustedProxies = try settings.value(for: Self.trustedProxies)
        proxyProtocol = try settings.value(for: Self.proxyProtocol)
        guard proxyProtocol == .off || !trustedProxies.isEmpty else {
            throw SettingsError(
                description: "PROXY_PROTOCOL is \(proxyProtocol.rawValue), but TRUSTED_PROXIES names no proxy.")
        }
        drainTime = .milliseconds(try settings.value(for: Self.drainTime))
        shutdownTimeout = .milliseconds(try settings.value(for: Self.shutdownTimeout))
        spinTime = Self.spinTime(try settings.value(for: Self.spinTime))
        engine = try settings.value(for: Self.engine)
        publicKeys = try settings.value(for: Self.publicKeys)
    }
}

extension CommonSettings {
    /// The default spin time.
    public static var defaultSpinTime: Duration { spinTime(defaultSpinMicroseconds) }
    private static let defaultSpinMicroseconds = 50

    /// With one processor no other thread could run meanwhile.
    private static func spinTime(_ microseconds: Int) -> Duration {
        ProcessLimits.current.processors > 1 ? .microseconds(microseconds) : .zero
    }

    /// Describes them, in the order of `env.example`.
    public static var all: [SettingDescription] {
        [
            environment.description, logLevel.description, logFormat.description,
            maxBody.description, maxBodyMemory.description, maxReply.description, maxInFlight.description,
            maxConnections.description, httpIdleTime.description, cors.description, trustedProxies.description,
            proxyProtocol.description, drainTime.description, shutdownTimeout.description, spinTime.description,
            engine.description, publicKeys.description,
        ]
    }

    private static let environment = Setting<Environment>.choice(
        "ENVIRONMENT", "development or production. In production, start fails if others can read a secret.",
        default: .development)
    private static let logLevel = Setting<Logger.Level>.choice(
        "LOG_LEVEL",
        "The least important log line that is written: trace, debug, info, notice, warning, error, critical.",
        default: .info)
    private static let logFormat = Setting<LogFormat>.choice(
        "LOG_FORMAT", "text for people, or json for programs: an object a line.", default: .text)
    private static let maxBody = Setting<Int>.integer(
        "MAX_BODY_BYTES", 1024...1_073_741_824, "The largest request body, in bytes; a larger one is a 413.",
        default: 1_048_576)
    private static let maxBodyMemory = Setting<Int>.integer(
        "MAX_BODY_MEMORY_BYTES", 0...1_099_511_627_776,
        "The memory that a service has for request bodies that come in several parts over HTTP, of which one more is a 503, "
            + "and as much again for messages over ZeroMQ, of which the oldest ends its connection. 0 is an eighth of the memory of the machine or the container, 64 MiB at the most.",
        default: 0)
    private static let maxReply = Setting<Int>.integer(
        "MAX_REPLY_BYTES", 65_536...1_073_741_824,
        "The largest reply that a service reads from another one, in bytes. In place of a larger one that service replies with a 500 over ZeroMQ.",
        default: ZeroMQCaller.defaultMaxReply)
    private static let maxInFlight = Setting<Int>.integer(
        "MAX_IN_FLIGHT", 1...1_000_000, "The calls that a service handles at a time; one more is a 503.",
        default: 16_384)
    private static let maxConnections = Setting<Int>.integer(
        "MAX_CONNECTIONS", 1...1_000_000,
        "The HTTP connections that a service has at a time; for one more, the one that has been idle for longest is closed.",
        default: 16_384)
    private static let httpIdleTime = Setting<Int>.integer(
        "HTTP_IDLE_SECONDS", 1...86_400,
        "The time after which an HTTP connection without a request is closed. A proxy before it must close its own earlier.",
        default: 75)
    private static let cors = Setting<CORSPolicy>(
        "CORS_ALLOWED_ORIGINS",
        "The origins whose pages may call, with commas between, such as https://app.example; * is every one. Empty: none.",
        default: ""
    ) { text throws(SettingFault) in
        do throws(OriginError) {
            return try CORSPolicy(text.listed)
        } catch {
            throw SettingFault(error.reason, part: error.origin)
        }
    }
    private static let trustedProxies = Setting<TrustedProxies>(
        "TRUSTED_PROXIES",
        "The proxies that say who the client is and by which URL it came, in Forwarded or X-Forwarded-For, -Proto, -Host and "
            + "-Prefix, with commas between: addresses or networks such as 10.0.0.0/8.",
        default: ""
    ) { text throws(SettingFault) in
        do throws(ProxyAddressError) {
            return try TrustedProxies(text.listed)
        } catch {
            throw SettingFault("must be addresses or networks such as 10.0.0.0/8", part: error.text)
        }
    }
    private static let proxyProtocol = Setting<ProxyProtocol>.choice(
        "PROXY_PROTOCOL",
        "If connections from TRUSTED_PROXIES begin with a header of the PROXY protocol, version 1 or 2: off, optional, or "
            + "required.",
        default: .off)
    private static let drainTime = Setting<Int>.integer(
        "DRAIN_MILLISECONDS", 0...60_000,
        "The time for which a service that is to stop still accepts calls, while it reports that it is not ready.",
        default: 0)
    private static let shutdownTimeout = Setting<Int>.integer(
        "SHUTDOWN_TIMEOUT_MILLISECONDS", 0...60_000, "The time that calls in flight have after that.",
        default: 15_000)
    private static let spinTime = Setting<Int>.integer(
        "SPIN_MICROSECONDS", 0...1000,
        "The time for which a service's thread polls for work before it sleeps, if that has paid lately and there are two "
            + "processors; 0 for never.",
        default: defaultSpinMicroseconds)
    private static let engine = Setting<Engine>.choice(
        "ZMQ_ENGINE",
        "The implementation of ZeroMQ's protocol over ipc:// and tcp://: built-in or libzmq. Peers notice no difference; the "
            + "built-in one is faster, and bounds what peers can make it hold.",
        default: .builtIn)
    private static let publicKeys = Setting<[String: CurvePublicKey]>(
        "CURVE_PUBLIC_KEYS",
        "The keys that may connect over tcp://, and whose they are: name=key, with commas between. "
            + "A key is 64 hexadecimal digits, 40 characters of Z85, or file:PATH of a certificate as zmq.auth and czmq "
            + "write it. compose/up writes fresh ones.",
        default: ""
    ) { text throws(SettingFault) in
        var keys: [String: CurvePublicKey] = [:]
        for entry in text.listed {
            let parts = entry.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, let key = try? CurvePublicKey(reference: parts[1]) else {
                throw SettingFault("must be name=key, with commas between; a key is \(CurvePublicKey.forms)")
            }
            guard keys.updateValue(key, forKey: parts[0]) == nil else {
                throw SettingFault("names \(parts[0]) twice, and a name has one key")
            }
        }
        return keys
    }
}

extension CommonSettings {
    /// The security of calls to an address: encrypted wherever the keys of both sides are known, and in the clear only
    /// within this machine.
    ///
    /// - Parameters:
    ///   - setting: what has named the address.
    ///   - key: the caller's.
    ///   - caller: whose key that is; its settings are named if one is missing.
    ///   - serverKey: the service's, if it is not one of ``publicKeys``.
    public func security(
        to service: String, at address: Address, named setting: String, with key: CurveKeyPair?, of caller: String,
        serverKey: CurvePublicKey? = nil
    ) throws(SettingsError) -> SocketOptions.Security {
        guard address.isTCP else { return .none }
        try check(key, of: caller)
        switch (key, serverKey ?? publicKeys[service]) {
        case (let key?, let serverKey?): return .curveClient(key, serverKey: serverKey)
        case (_, nil) where address.isPrivate: return .none
        default:
            throw SettingsError(
                description: "\(setting) names \(address), where keys are needed: "
                    + "\(caller.uppercased())_CURVE_SECRET_KEY and the key of \(service) in CURVE_PUBLIC_KEYS must be set."
            )
        }
    }

    /// - Throws: ``SettingsError`` in production, if a secret stands in a settings file that others than its owner can read.
    public func checkSecrets(_ known: [SettingDescription], in settings: Settings) throws(SettingsError) {
        guard environment == .production, let name = settings.exposedSecret(of: known) else { return }
        throw SettingsError(
            description: "\(name) stands in a settings file that others than its owner can read: chmod 600 the file.")
    }

    /// - Throws: ``SettingsError`` if ``publicKeys`` has a key for the service that does not belong to its secret key:
    /// all its peers would refuse it.
    func check(_ key: CurveKeyPair?, of service: String) throws(SettingsError) {
        guard let key, let listed = publicKeys[service], listed != key.publicKey else { return }
        throw SettingsError(
            description: "CURVE_PUBLIC_KEYS has a key for \(service) that does not belong to "
                + "\(service.uppercased())_CURVE_SECRET_KEY: the one that does is \(key.publicKey.hex).")
    }
}

extension Address {
    /// True if only this machine reaches it: then the system guards it, and encryption would guard nothing more.
    var isPrivate: Bool {
        switch target {
        case .ipc, .inproc: true
        case .tcp(let host, _):
            ["localhost", "[::1]"].contains(host) || host.wholeMatch(of: /127(\.[0-9]{1,3}){3}/) != nil
        }
    }
}

extension CurvePublicKey {
    /// The forms of a key in settings and arguments.
    public static let forms = "64 hexadecimal digits, 40 characters of Z85, or file:PATH of a certificate"

    /// A key as it is written in settings and arguments: itself, or `file:` with the path of a certificate.
    ///
    /// - Throws: `ZeroMQError` `EINVAL` if it is none; the system's error if there is no such file.
    public init(reference: String) throws {
        let scheme = "file:"
        guard reference.hasPrefix(scheme) else {
            try self.init(text: reference)
            return
        }
        let file = URL(fileURLWithPath: String(reference.dropFirst(scheme.count)))
        try self.init(text: String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
