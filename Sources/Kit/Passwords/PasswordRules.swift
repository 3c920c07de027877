import Foundation

/// The rules for new passwords (NIST SP 800-63B, section 5.1.1.2): some length, and none of those that everybody tries
/// first. They say nothing about the kinds of characters it is made of, but that control characters are not allowed (RFC 8264,
/// section 9.11): no user types them on purpose.
public enum PasswordRules {
    /// In Unicode scalars of the form that is hashed. Longer ones are refused rather than cut.
    public static let lengths = 8...1024

    /// The fault of a password: the end of a sentence that begins with “The password”. It holds nothing of it.
    ///
    /// - Parameter user: the name of the user whose it is to be.
    /// - Returns: `nil` if it may be used.
    public static func fault(of password: String, user: String) -> String? {
        let length = password.opaqueString.unicodeScalars.count
        if length < lengths.lowerBound { return "must have at least \(lengths.lowerBound) characters" }
        if length > lengths.upperBound { return "must have at most \(lengths.upperBound) characters" }
        if password.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "must not have control characters"
        }
        let folded = password.folded
        if common.contains(folded) { return "is one of those that everybody tries first" }
        if Set(folded.unicodeScalars).count < 3 { return "must have at least 3 different characters" }
        if isName(folded, user.lowercased()) { return "must not be the user's name" }
        return nil
    }

    /// True if it is the name and nothing but digits around it, or the name again and again.
    private static func isName(_ password: String, _ name: String) -> Bool {
        guard !name.isEmpty else { return false }
        let core = password.drop { $0.isNumber }.reversed().drop { $0.isNumber }.reversed()
        return String(core) == name || password.replacingOccurrences(of: name, with: "").isEmpty
    }

    /// In lower case, a line each.
    private static let common: Set<String> = Set(
        String(decoding: PackageResources.common_txt, as: UTF8.self).split(separator: "\n").map(String.init))
}

extension String {
    /// The password in the one form in which it is hashed and compared (RFC 8265, section 4.2.2): spaces of other scripts
    /// are plain spaces, and characters are composed (NFC). Case and width stay.
    var opaqueString: String {
        let spaced = String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .spaceSeparator ? " " : $0 }))
        return spaced.precomposedStringWithCanonicalMapping
    }

    /// The text without its case and width, for finding a password that somebody has made a little different.
    var folded: String { precomposedStringWithCompatibilityMapping.lowercased() }
}
