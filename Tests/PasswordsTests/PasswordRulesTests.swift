import Passwords
import Testing

@Suite("The rules of passwords")
struct PasswordRulesTests {
    private func fault(_ password: String, _ user: String = "ada") -> String? {
        PasswordRules.fault(of: password, user: user)
    }

    @Test(
        "let everything be that is long enough, whatever it is made of",
        arguments: [
            "correct horse", "battery staple", "tr0ub4dor&3", "ein langes Wort", "ЖУРАВЛИНА", "🐎🔋📎🌊🐎🔋📎🌊", "        x y",
            "adalovelace", String(repeating: "abc", count: 341),
        ])
    func fine(_ password: String) {
        #expect(fault(password) == nil)
    }

    @Test("refuse what is too short or too long, by characters and by bytes")
    func lengths() {
        for short in ["", "abcdefg", "🐎🔋📎🌊🐎🔋📎"] { #expect(fault(short) == "must have at least 8 characters") }
        #expect(fault(String(repeating: "abcd", count: 256)) == nil)
        #expect(fault(String(repeating: "abcd", count: 256) + "e") == "must have at most 1024 characters")
        #expect(fault(String(repeating: "äbcd", count: 256)) == nil)
    }

    @Test(
        "refuse what everybody tries first, in whatever case",
        arguments: [
            "password", "Password123", "12345678", "QWERTYUIOP", "iloveyou", "letmein123", "1q2w3e4r", "changeme",
        ])
    func common(_ password: String) {
        #expect(fault(password) == "is one of those that everybody tries first")
    }

    @Test("count the characters of a password in the form that is hashed")
    func composed() {
        for four in ["\u{E4}\u{EB}\u{EF}\u{F6}", "a\u{308}e\u{308}i\u{308}o\u{308}"] {
            #expect(fault(four) == "must have at least 8 characters")
        }
    }

    @Test("find what everybody tries first in wide letters, too")
    func wide() {
        let wide = String(
            String.UnicodeScalarView("password1".unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }))
        #expect(fault(wide) == "is one of those that everybody tries first")
    }

    @Test(
        "refuse control characters",
        arguments: ["correct\u{3} horse", "\u{0}correct horse", "correct\thorse", "correct\u{85}horse"])
    func controls(_ password: String) {
        #expect(fault(password) == "must not have control characters")
    }

    @Test("refuse one or two characters again and again", arguments: ["bbbbbbbb", "abababababab", "        "])
    func monotonous(_ password: String) {
        #expect(fault(password) == "must have at least 3 different characters")
    }

    @Test("refuse the user's own name, with digits around it or again and again")
    func name() {
        for password in ["lovelace", "LoveLace", "lovelace1843", "1843lovelace", "lovelacelovelace"] {
            #expect(fault(password, "lovelace") == "must not be the user's name")
        }
        #expect(fault("lovelace and babbage", "lovelace") == nil)
        #expect(fault("lovelace", "babbage") == nil)
    }
}
