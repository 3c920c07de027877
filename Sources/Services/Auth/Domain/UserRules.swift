import Contracts
import Endpoints
import Foundation

/// The rules for names and permissions, wherever they come from: as the contract has it.
public enum UserRules {
    /// The subject of guests' tokens, which no user may be called.
    public static let guest = "guest"

    /// The name that somebody means who types it with capitals, wide letters or spaces around it: names have none of
    /// them.
    public static func name(typed text: String) -> String {
        text.precomposedStringWithCompatibilityMapping.lowercased().trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The fault of a user's name: the end of a sentence that begins with “The name”; `nil` if there is none.
    public static func fault(ofName name: String) -> String? {
        guard name != guest else { return "must not be guest, which names those without a user" }
        guard name != AuditEntry.itself else { return "must not be \(name), which signs what happens by itself" }
        guard Schema.userName.fits(name) else {
            return "must begin with a-z or 0-9, go on with a-z, 0-9 and . _ @ + -, and have at most 128 characters"
        }
        return nil
    }

    /// The fault of a role's name; `nil` if there is none.
    public static func fault(ofRole name: String) -> String? {
        Schema.roleName.fits(name)
            ? nil : "must begin with a-z or 0-9, go on with a-z, 0-9 and . _ -, and have at most 64 characters"
    }

    /// The fault of a permission; `nil` if there is none.
    public static func fault(ofPermission permission: String) -> String? {
        Schema.permission.fits(permission)
            ? nil : "must be made of a-z, A-Z, 0-9 and _ . : -, and have at most 64 characters"
    }

    /// Permissions and roles as the audit trail records them.
    public static func words(_ permissions: Set<String>, _ roles: Set<String>?) -> String {
        let own = "permissions: \(permissions.sorted().joined(separator: " "))"
        return roles.map { "\(own); roles: \($0.sorted().joined(separator: " "))" } ?? own
    }
}

extension Schema {
    fileprivate func fits(_ text: String) -> Bool { faults(of: .string(text)).isEmpty }
}
