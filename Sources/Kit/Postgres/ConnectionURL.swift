internal import CPostgres
internal import Glibc

/// The address of a database, with the user and password, as libpq writes it:
/// `postgres://user:password@host:port/database`, or `postgres://user@/database?host=/var/run/postgresql` for a Unix
/// socket. Several hosts stand with commas between, and `target_session_attrs=read-write` finds the one that writes.
/// The password is never printed.
public struct ConnectionURL: Sendable, Equatable {
    private let url: String
    let values: [String: String]

    /// - Throws: ``PostgresError/address(_:)`` if the text is no such URL, or names what no server can be reached with;
    /// the text is not repeated in it.
    public init(_ url: String) throws(PostgresError) {
        guard Self.schemes.contains(where: url.hasPrefix) else { throw .address(Self.form) }
        guard !url.utf8.contains(0), Self.hasOneUser(url), let options = PQconninfoParse(url, nil) else {
            throw .address(
                Self.unknownParameter(of: url).map { "has a parameter that libpq does not know: \($0)" }
                    ?? Self.form + Self.escapes)
        }
        defer { PQconninfoFree(options) }
        self.url = url
        values = Self.values(options)
        guard Self.arePorts(values["port"]) else {
            throw .address("names a port that is no number from 1 to 65535" + Self.escapes)
        }
        if let fault = fault(in: Self.choices) { throw .address(fault) }
        guard user != nil || Self.environment("PGUSER") != nil || values["service"] != nil else {
            throw .address("names no user: write postgres://user@host/database")
        }
    }

    /// The user that it names, if any.
    public var user: String? { values["user"] }
    /// `nil` if the server asks for none, or libpq looks it up.
    public var password: String? { values["password"] }

    private static let schemes = ["postgres://", "postgresql://"]
    private static let form = "must be postgres://user:password@host:port/database"
    private static let escapes = """
        ; in a user's name or a password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F, % as %25 and a space as %20
        """
    private static let choices = [
        ("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
        ("target_session_attrs", ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
    ]

    private func fault(in choices: [(String, [String])]) -> String? {
        for (name, words) in choices {
            if let word = values[name], !words.contains(word) {
                return "has a wrong \(name): it is one of \(words.joined(separator: ", "))"
            }
        }
        return nil
    }

    /// A second `@` before the path belongs to a name or a password, of which libpq would take a part for the host.
    private static func hasOneUser(_ url: String) -> Bool {
        let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        return authority.count { $0 == "@" } < 2 && !authority.contains("#")
    }

    /// Without what may be part of a password that is not escaped.
    private static func unknownParameter(of url: String) -> String? {
        guard let mark = url.firstIndex(of: "?"), !url[mark...].contains("@"), let defaults = PQconndefaults() else {
            return nil
        }
        defer { PQconninfoFree(defaults) }
        let known = Set(names(defaults) + ["ssl"])
        let names = url[mark...].dropFirst().split(separator: "&").map { String($0.prefix { $0 != "=" }) }
        return names.first { !known.contains($0) }
    }

    /// One for each host; an empty one is the default.
    private static func arePorts(_ text: String?) -> Bool {
        (text ?? "").split(separator: ",").allSatisfy { port in UInt16(port).map { $0 > 0 } ?? false }
    }

    private static func names(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String] {
        sequence(first: options) { $0 + 1 }.lazy.map(\.pointee.keyword).prefix { $0 != nil }
            .compactMap { $0.map { String(cString: $0) } }
    }

    private static func values(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}

extension ConnectionURL {
    /// The parameters with which libpq connects.
    ///
    /// - Throws: ``PostgresError/address(_:)`` if the server is to be verified and there is nothing to verify it with.
    func options(timeout: Duration, name: String) throws(PostgresError) -> [(String, String)] {
        // Whatever comes after the URL goes before it.
        let own = [
            ("dbname", url), ("connect_timeout", String(max(2, timeout.components.seconds))),
            ("client_encoding", "UTF8"), ("fallback_application_name", name),
        ]
        return own + (try rootCertificate().map { [("sslrootcert", $0), ("sslmode", "verify-full")] } ?? [])
    }
}

extension ConnectionURL: CustomStringConvertible, CustomReflectable {
    /// The database and its host.
    public var description: String {
        let host = values["host"] ?? values["hostaddr"] ?? "the local socket"
        return "\(values["dbname"] ?? "") at \(host)\(values["port"].map { ":" + $0 } ?? "")"
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

// The certificates that a server is verified with. libpq 15 looks for them in the user's home only, which a container lacks.
extension ConnectionURL {
    /// The files in which systems keep their certificates: Debian, Fedora, SUSE, Alpine.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// The system's certificates, if the server is to be verified with those.
    ///
    /// - Returns: `nil` if libpq finds what it needs by itself, or needs nothing.
    func rootCertificate() throws(PostgresError) -> String? {
        let mode = values["sslmode"] ?? Self.environment("PGSSLMODE")
        let named = values["sslrootcert"] ?? Self.environment("PGSSLROOTCERT")
        guard ["verify-ca", "verify-full"].contains(mode) || named == "system" else { return nil }
        if let named, named != "system" {
            guard access(named, R_OK) == 0 else { throw .address("names an sslrootcert that cannot be read: \(named)") }
            return nil
        }
        if named == nil, Self.homeHasCertificate { return nil }
        guard mode == "verify-full" || mode == nil else {
            throw .address("needs an sslrootcert; with the system's certificates, sslmode is verify-full")
        }
        let bundles = (Self.environment("SSL_CERT_FILE").map { [$0] } ?? []) + Self.bundles
        guard let bundle = bundles.first(where: { access($0, R_OK) == 0 }) else {
            throw .address("needs an sslrootcert: this system has no certificates (Debian's package ca-certificates)")
        }
        return bundle
    }

    private static var homeHasCertificate: Bool {
        guard let home = environment("HOME") ?? getpwuid(geteuid()).map({ String(cString: $0.pointee.pw_dir) })
        else { return false }
        return access(home + "/.postgresql/root.crt", R_OK) == 0
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
