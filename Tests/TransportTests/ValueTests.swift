import Endpoints
import RPC
import Testing

/// The rules that hold on every transport alike, one after another: some of them are about time.
@Suite("On every transport", .serialized, .timeLimit(.minutes(1)))
enum Conformance {}

extension Conformance {
    @Suite("values")
    struct ValueTests {
        static let texts = [
            "tea", " ", ".", "..", "a&b=c/d?e#f%20+", "“Grüße” 時刻 🕰️ e\u{301}", "\"}{\\", "line\nend\r\n\ttab\u{0}nul",
            "{\"data\":1}",
        ]

        @Test("travel in path and query as they are", arguments: Wire.allCases)
        func query(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for text in Self.texts {
                    let tags = [text, "", "x"]
                    let search = Search(key: text, text: text, count: 10, ratio: 0.1, exact: false, tags: tags)
                    try await #expect(rig.client.call(TrialContract.find, search) == search)
                }
                for ratio: Double in [0, -1e300, .leastNonzeroMagnitude, 0.3333333333333333] {
                    let search = Search(key: "k", text: "", ratio: ratio)
                    try await #expect(rig.client.call(TrialContract.find, search) == search)
                }
                let search = Search(key: "k", text: "t", tags: [])
                let echo = try await rig.client.call(TrialContract.find, search)
                #expect(echo.tags == (wire.carriesTextOnly ? nil : []))
            }
        }

        @Test("travel in path and body as they are", arguments: Wire.allCases)
        func body(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for text in Self.texts {
                    let document = Document(
                        key: text, parts: [Note(text: text, number: -0.5), Note(text: "")], labels: [text: 9, "~/": 0])
                    try await #expect(rig.client.call(TrialContract.change, document) == document)
                    let note = Note(text: text, number: 1e21)
                    try await #expect(rig.client.call(TrialContract.add, note) == note)
                }
                let bare = Document(key: "k", parts: [])
                try await #expect(rig.client.call(TrialContract.change, bare) == bare)
            }
        }

        @Test("may be nothing at all, in both directions", arguments: Wire.allCases)
        func nothing(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                try await #expect(rig.client.call(TrialContract.nothing) == Empty())
                for body in ["", "{}", "null"] {
                    let reply = await rig.send(TrialContract.nothing, body)
                    #expect(reply.status == 200)
                }
            }
        }

        @Test("come with the endpoint's own status", arguments: Wire.allCases)
        func status(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let reply = await rig.send(TrialContract.add, #"{"text":"t"}"#)
                #expect(reply.status == 201)
                #expect(reply.output == ["text": "t"])
            }
        }

        @Test("of a mebibyte travel in both directions", arguments: Wire.allCases)
        func large(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let note = Note(text: String(repeating: "0123456789abcde\n", count: 61_000))
                for _ in 0..<3 { try await #expect(rig.client.call(TrialContract.add, note) == note) }
                let exact = #"{"text":""# + String(repeating: "x", count: 1024 * 1024 - 11) + #""}"#
                #expect(exact.utf8.count == 1024 * 1024)
                #expect(await rig.send(TrialContract.add, exact).status == 201)
            }
        }

        @Test("of members that nobody knows are passed over", arguments: Wire.allCases)
        func strange(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                #expect(await rig.send(TrialContract.add, #"{"text":"t","new":{"a":[1]}}"#).status == 201)
                #expect(await rig.send(TrialContract.find, #"{"key":"k","text":"t","new":1}"#).status == 200)
            }
        }
    }
}
