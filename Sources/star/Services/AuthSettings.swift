package import Auth
package import Foundation
package import Hosting
import Passwords
import Postgres

/// The settings of auth.
package struct AuthSettings: Sendable {
    package let database: AuthDatabase
    /// True if a store is made if there is none.
    package let createsStore: Bool
    package let rules: AuthPolicy
    package let dataDirectory: URL
    /// The time for which lines of the audit trail are kept; `nil` for ever.
    package let auditRetention: TimeInterval?
    private let announcement: Int
    private let period: Int

    package init(_ settings: Settings, _ common: CommonSettings) throws(SettingsError) {
        dataDirectory = URL(fileURLWithPath: try settings.value(for: Self.dataDirectory))
        database = try settings.optional(Self.database) ?? .default(in: dataDirectory)
        createsStore = try settings.optional(Self.createsStore) ?? (common.environment == .development)
        announcement = try settings.value(for: Self.announcement)
        period = try settings.value(for: Self.period)
        let days = try settings.value(for: Self.auditRetention)
        auditRetention = days == 0 ? nil : TimeInterval(days) * 86_400
        var rules = AuthPolicy()
        rules.guestPermissions = Set(try settings.value(for: Self.guestPermissions))
        for permission in rules.guestPermissions {
            guard let fault = UserRules.fault(ofPermission: permission) else { continue }
            throw SettingsError(description: "GUEST_PERMISSIONS names “\(permission)”, which \(fault).")
        }
        rules.refreshLifetime = .seconds(try settings.value(for: Self.refreshLifetime))
        rules.refreshRetry = .seconds(try settings.value(for: Self.refreshRetry))
        rules.lockAfter = try settings.value(for: Self.lockAfter)
        rules.lockPeriod = .seconds(try settings.value(for: Self.lockPeriod))
        rules.allowsPasswordGrant = try settings.value(for: Self.passwordGrant)
        rules.perAccount = try settings.value(for: Self.perAccount)
        rules.perAddress = try settings.value(for: Self.perAddress)
        rules.publicURL = try settings.optional(Self.url)
        rules.listeningURL = try ServiceSettings("auth", port: ServiceDefinition.authPort, settings).url
        self.rules = rules
        guard common.environment == .production else { return }
        guard rules.guestPermissions.isEmpty else {
            throw SettingsError(
                description: "GUEST_PERMISSIONS must be empty in production: it admits anyone.")
        }
        if case .postgres(let address) = database, let fault = address.passwordFault {
            throw SettingsError(description: "AUTH_DATABASE names a password that \(fault).")
        }
    }

    package static var all: [SettingDescription] {
        [
            dataDirectory.description, database.description, createsStore.description, refreshLifetime.description,
            refreshRetry.description,
            guestPermissions.description, lockAfter.description, lockPeriod.description, perAccount.description,
            perAddress.description, passwordGrant.description, url.description, announcement.description,
            period.description, auditRetention.description,
        ]
    }

    /// The schedule of the signing keys.
    package func schedule(_ tokenLifetime: Duration) -> KeyRotationPolicy {
        KeyRotationPolicy(
            announcement: TimeInterval(announcement), tokenLifetime: tokenLifetime / .seconds(1),
            period: period == 0 ? nil : TimeInterval(period) * 86_400)
    }

    /// The file of the first administrator's password.
    package var passwordFile: URL { dataDirectory.appending(path: "admin-password") }

    private static let dataDirectory = Setting<String>.text(
        "DATA_DIRECTORY", "The directory of auth's database and of the first password.", default: ".star/data")
    private static let database = Setting<AuthDatabase>(
        "AUTH_DATABASE",
        "The store of users, sessions and keys: a path for SQLite, or postgres://user:password@host/database "
            + "if several auths share it. By default it is auth.sqlite in DATA_DIRECTORY.",
        default: "", isSecret: true
    ) { text throws(SettingFault) in try AuthDatabase(text) }
    private static let createsStore = Setting<Bool>.boolean(
        "AUTH_CREATE_STORE",
        "Makes a new store, with a first administrator, if there is none: true or false. By default true in development "
            + "and false in production, so that a lost directory is not taken for the first start.",
        default: "")
    private static let auditRetention = Setting<Int>.integer(
        "AUDIT_RETENTION_DAYS", 0...36_500, "The days for which lines of the audit trail are kept; 0 for ever.",
        default: 0)
    private static let refreshLifetime = Setting<Int>.integer(
        "REFRESH_LIFETIME_SECONDS", 60...31_536_000, "The lifetime of a refresh token.", default: 1_209_600)
    private static let refreshRetry = Setting<Int>.integer(
        "AUTH_REFRESH_RETRY_SECONDS", 0...60,
        "The time for which a used refresh token gets its successor once more, if that was not used: a response may be lost.",
        default: 10)
    private static let guestPermissions = Setting<[String]>.list(
        "GUEST_PERMISSIONS",
        "The permissions of guest tokens, with commas between; empty for no guests.",
        default: "", example: "smoke,time")
    private static let lockAfter = Setting<Int>.integer(
        "AUTH_LOCKOUT_THRESHOLD", 3...1000,
        "The wrong passwords in a row after which a user is locked for addresses from which it has not logged in before.",
        default: 100)
    private static let lockPeriod = Setting<Int>.integer(
        "AUTH_LOCK_SECONDS", 1...86_400, "The duration of such a lock.", default: 900)
    private static let perAccount = Setting<Int>.integer(
        "AUTH_RATE_LIMIT_PER_USER", 0...1_000_000,
        "Requests per minute, per user and address, for each of: login, refresh, change of password. The limit over all "
            + "addresses is six times that; 0 for no limit.", default: 5)
    private static let perAddress = Setting<Int>.integer(
        "AUTH_RATE_LIMIT_PER_ADDRESS", 0...1_000_000,
        "Requests per minute for all of these from one address; 0 for no limit.", default: 20)
    private static let passwordGrant = Setting<Bool>.boolean(
        "OAUTH_PASSWORD_GRANT",
        "Lets /oauth/token accept users' passwords, which only programs of your own may ask for (RFC 9700): true or false.",
        default: "true")
    private static let announcement = Setting<Int>.integer(
        "KEY_PREPUBLISH_SECONDS", 0...604_800,
        "The time for which a new signing key is published before it signs. Caches on the way may keep the keys for "
            + "300 seconds, and a verifier for as long again; the rest is a margin.",
        default: 900)
    private static let period = Setting<Int>.integer(
        "KEY_ROTATION_DAYS", 0...3650, "The days after which the signing key is replaced by itself; 0 for never.",
        default: 90)
    private static let url = Setting<String>(
        "AUTH_PUBLIC_URL",
        "The public URL of auth, for its metadata: http:// or https://, without a last slash. "
            + "By default the one that a proxy of TRUSTED_PROXIES names, or the one at which it listens.",
        default: ""
    ) { text throws(SettingFault) in
        guard text.wholeMatch(of: /https?:\/\/[^\/?#\s]+(\/[^?#\s]*[^\/?#\s])?/) != nil else {
            throw SettingFault("must be http://… or https://…, without a last slash")
        }
        return text
    }
}

extension ConnectionURL {
    /// The fault of the password, if there is one: the end of a sentence.
    fileprivate var passwordFault: String? {
        password.flatMap { PasswordRules.fault(of: $0, user: user ?? "") }
    }
}
