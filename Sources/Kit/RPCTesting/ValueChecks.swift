import Endpoints
import Foundation
import RPC
import Synchronization
import Testing

enum ValueChecks {
    static let checks = [
        ConformanceCheck("Values travel in path and query as they are", query),
        ConformanceCheck("Values travel in path and body as they are", body),
        ConformanceCheck("Bytes travel as they are", bytes),
        ConformanceCheck("Values may be nothing at all, in both directions", nothing),
        ConformanceCheck("A reply has the endpoint's own status", status),
        ConformanceCheck("Bodies up to the limit travel in both directions", large),
        ConformanceCheck("Members that are not in the schema are passed over", strange),
    ]

    static let texts = [
        "tea", " ", ".", "..", "a&b=c/d?e#f%20+", "“Grüße” 時刻 🕰️ e\u{301}", "\"}{\\", "line\nend\r\n\ttab\u{0}nul",
        "{\"data\":1}",
    ]

    static func query(_ rig: ConformanceRig) async throws {
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
        #expect(echo.tags == (rig.traits.carriesTextOnly ? nil : []))
    }

    static func body(_ rig: ConformanceRig) async throws {
        for text in Self.texts {
            let document = Record(
                key: text, parts: [Note(text: text, number: -0.5), Note(text: "")], labels: [text: 9, "~/": 0])
            try await #expect(rig.client.call(TrialContract.change, document) == document)
            let note = Note(text: text, number: 1e21)
            try await #expect(rig.client.call(TrialContract.add, note) == note)
        }
        let bare = Record(key: "k", parts: [])
        try await #expect(rig.client.call(TrialContract.change, bare) == bare)
    }

    static func bytes(_ rig: ConformanceRig) async throws {
        let limit = rig.traits.bodyLimit ?? 1024 * 1024
        let every = Data(UInt8.min...UInt8.max)
        for data in [Data(), Data("{}".utf8), Data([0]), every, Data(repeating: 0xFF, count: limit)] {
            try await #expect(rig.client.call(TrialContract.copy, Bytes(data)) == Bytes(data))
        }
    }

    static func nothing(_ rig: ConformanceRig) async throws {
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
        for body in ["", "{}", "null"] {
            let reply = await rig.send(TrialContract.nothing, body)
            #expect(reply.status == 200)
        }
    }

    static func status(_ rig: ConformanceRig) async throws {
        let reply = await rig.send(TrialContract.add, #"{"text":"t"}"#)
        #expect(reply.status == 201)
        #expect(reply.output == ["text": "t"])
    }

    static func large(_ rig: ConformanceRig) async throws {
        let limit = rig.traits.bodyLimit ?? 1024 * 1024
        // Each end of a line takes two bytes in JSON.
        let note = Note(text: String(repeating: "0123456789abcde\n", count: limit / 17 - 10))
        for _ in 0..<3 { try await #expect(rig.client.call(TrialContract.add, note) == note) }
        let exact = #"{"text":""# + String(repeating: "x", count: limit - 11) + #""}"#
        #expect(exact.utf8.count == limit)
        #expect(await rig.send(TrialContract.add, exact).status == 201)
    }

    static func strange(_ rig: ConformanceRig) async throws {
        #expect(await rig.send(TrialContract.add, #"{"text":"t","new":{"a":[1]}}"#).status == 201)
        #expect(await rig.send(TrialContract.find, #"{"key":"k","text":"t","new":1}"#).status == 200)
    }
}

private final class Count: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

enum LoadChecks {
    static let checks = [
        ConformanceCheck("Replies that come out of order reach their callers", pipelined),
        ConformanceCheck("Calls go on while one handler waits", blocked),
    ]

    static func pipelined(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let calls = rig.traits.manyCalls
        let begun = Count()
        try await withThrowingTaskGroup { group in
            for _ in 0..<rig.traits.maxCallsInFlight {
                group.addTask {
                    while true {
                        let value = begun.next()
                        guard value < calls else { return }
                        let answer = try await client.call(TrialContract.batch, Number(value: value))
                        try #require(answer.value == value)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(rig.replies.count == calls)
    }

    static func blocked(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let blocked = Task { try await client.call(TrialContract.stubborn) }
        #expect(await rig.service.next() == .started("stubborn"))
        for value in 0..<50 {
            let note = Note(text: String(value))
            try await #expect(client.call(TrialContract.add, note) == note)
        }
        #expect(!rig.replies.contains { $0.endpoint == "trial.stubborn" })
        await rig.service.release()
        try await #expect(blocked.value == Empty())
    }
}
