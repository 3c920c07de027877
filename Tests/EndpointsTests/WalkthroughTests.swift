import Endpoints
import Testing

@Suite("A step of a walkthrough")
struct WalkthroughTests {
    private enum Tea: Contract {
        static let name = "tea"
        static let version = "1.0.0"
        static let summary = "Tea."
        static let pour = Endpoint<Cup, Cup>("pour", .post, "/tea", access: .permission("pour"), summary: "Pours.")
        static let look = Endpoint<Cup, Cup>("look", .get, "/tea", access: .open, summary: "Looks.")
        static let endpoints = EndpointList {
            pour
            look
        }
    }

    private struct Cup: Payload {
        static let schema = Schema.object(.required("name", .string(example: "mug"), "The cup."))
        let name: String
    }

    @Test("needs the variables of its input and its token's, and not those that it makes itself")
    func needs() {
        #expect(Tea.step(Tea.pour, ["name": "{{cup}}-{{number}}"]).needs == ["token", "cup", "number"])
        #expect(Tea.step(Tea.pour, ["name": "{{cup}}"], generates: ["cup"]).needs == ["token"])
        #expect(Tea.step(Tea.look, ["other": "{{cup}}"]).needs == [])
    }

    @Test("needs the permission of its endpoint if it sends the token whose permissions are known")
    func permission() {
        #expect(Tea.step(Tea.pour).permission == "pour")
        #expect(Tea.step(Tea.pour, token: "other_token").permission == nil)
        #expect(Tea.step(Tea.look).permission == nil && Tea.step(Tea.look).token == nil)
    }

    @Test("is no part of what a client relies on")
    func contract() {
        #expect(Tea.walkthrough == nil && Tea.description.walkthrough == nil)
        #expect(Tea.description.json["walkthrough"] == nil)
    }
}
