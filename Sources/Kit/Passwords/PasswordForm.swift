import Foundation

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
