import Auth
import Foundation
import Testing

@Suite("The schedule of signing keys")
struct KeyRotationPolicyTests {
    static let schedule = KeyRotationPolicy(announcement: 300, tokenLifetime: 300, period: 86_400)

    func key(
        _ kid: String, _ state: StoredKey.State, announced: Int = 0, signing: Int? = nil, retiring: Int? = nil
    ) -> StoredKey {
        StoredKey(
            kid: kid, jwk: Data(), state: state, announced: second(announced), signing: signing.map(second),
            retiring: retiring.map(second))
    }

    @Test("lets a key sign once it has been published for the time that others may keep the keys")
    func promotion() {
        let keys = [key("a", .signing, signing: 0), key("b", .announced, announced: 1000)]
        #expect(Self.schedule.steps(keys, at: second(1299)) == [])
        #expect(Self.schedule.steps(keys, at: second(1300)) == [.promote("b")])
        let two = keys + [key("c", .announced, announced: 1000)]
        #expect(Self.schedule.steps(two, at: second(2000)) == [.promote("b")])
    }

    @Test("lets a key verify until its last token is dead, with the leeway of clocks and some to spare")
    func retirement() {
        let keys = [key("a", .retiring, signing: 0, retiring: 1000), key("b", .signing, signing: 1000)]
        #expect(Self.schedule.overlap >= 300 + 30)
        #expect(Self.schedule.steps(keys, at: second(1359)) == [])
        #expect(Self.schedule.steps(keys, at: second(1360)) == [.retire("a")])
    }

    @Test("announces a new key in time for the old one to be replaced at its age, and only one")
    func period() {
        let keys = [key("a", .signing, signing: 0)]
        #expect(Self.schedule.steps(keys, at: second(86_099)) == [])
        #expect(Self.schedule.steps(keys, at: second(86_100)) == [.announce])
        #expect(
            Self.schedule.steps(keys + [key("b", .announced, announced: 86_100)], at: second(86_200)) == [])
        let never = KeyRotationPolicy(announcement: 300, tokenLifetime: 300, period: nil)
        #expect(never.steps(keys, at: second(100_000_000)) == [])
    }

    @Test("does not wait for a day that a clock which ran ahead has written down")
    func clock() {
        let year = 31_536_000
        let announced = [key("a", .signing, signing: 0), key("b", .announced, announced: year)]
        #expect(Self.schedule.steps(announced, at: second(1000)) == [.promote("b")])
        #expect(Self.schedule.steps([key("a", .signing, signing: year)], at: second(1000)) == [.announce])
        let inStep = [key("a", .signing, signing: 1030), key("b", .announced, announced: 1030)]
        #expect(Self.schedule.steps(inStep, at: second(1000)) == [])
    }

    @Test("does nothing with a retired key, and nothing without keys")
    func nothing() {
        #expect(Self.schedule.steps([], at: second(0)) == [])
        #expect(Self.schedule.steps([key("a", .retired)], at: second(1_000_000)) == [])
    }
}
