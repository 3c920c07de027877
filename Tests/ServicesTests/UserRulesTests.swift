import Auth
import Testing

@Suite("What names look like")
struct UserRulesTests {
    @Test("is the same for whoever names a user", arguments: ["a", "0", "ada.lovelace_1+tea@example-site.org"])
    func user(_ name: String) {
        #expect(UserRules.fault(ofName: name) == nil)
    }

    @Test("is not anything", arguments: ["", "Ada", ".ada", "a b", "ada\n", "ada\u{0}", "ädä", "guest", "auth"])
    func noUser(_ name: String) {
        #expect(UserRules.fault(ofName: name) != nil)
    }

    @Test("is bounded")
    func length() {
        #expect(UserRules.fault(ofName: String(repeating: "a", count: 128)) == nil)
        #expect(UserRules.fault(ofName: String(repeating: "a", count: 129)) != nil)
        for fault in [UserRules.fault(ofRole:), UserRules.fault(ofPermission:)] {
            #expect(fault(String(repeating: "a", count: 64)) == nil)
            #expect(fault(String(repeating: "a", count: 65)) != nil)
        }
    }

    @Test("of roles and permissions is in order")
    func others() {
        for role in ["", "Owner", "a b", "owner\n"] { #expect(UserRules.fault(ofRole: role) != nil, "\(role)") }
        #expect(UserRules.fault(ofRole: "night-shift") == nil)
        for permission in ["", "a b", "a,b", "ä", "a\n"] {
            #expect(UserRules.fault(ofPermission: permission) != nil, "\(permission)")
        }
        #expect(UserRules.fault(ofPermission: "Time:read") == nil)
    }
}
