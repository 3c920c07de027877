internal import Glibc

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
