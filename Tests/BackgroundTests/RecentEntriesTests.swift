import Background
import Testing

@Suite("Entries that are kept while they are used")
struct RecentEntriesTests {
    private var entries = RecentEntries<Int, String>(limit: 4)

    @Test("are no more than their limit, and the oldest go first")
    mutating func bounded() {
        for key in 1...5 { entries[key] = "\(key)" }
        #expect(entries.count == 3)
        #expect((1...5).filter { entries[$0] != nil } == [3, 4, 5])
        for key in 1...1000 { entries[key] = "\(key)" }
        #expect(entries.count <= 4 && entries[1000] == "1000")
    }

    @Test("stay if they are used, and not if they are only read")
    mutating func used() {
        for key in 1...4 { entries[key] = "\(key)" }
        #expect(entries.use(1) == "1")
        entries[5] = "5"
        #expect(entries[1] == "1" && entries[2] == nil)
        _ = entries[3]
        for key in 6...8 { entries[key] = "\(key)" }
        #expect(entries[3] == nil && entries.use(3) == nil)
    }

    @Test("are changed in place, in either generation")
    mutating func changed() {
        for key in 1...4 { entries[key] = "\(key)" }
        entries[1] = "one"
        entries[4] = "four"
        #expect(entries[1] == "one" && entries[4] == "four")
        entries[1] = nil
        entries[4] = nil
        #expect(entries[1] == nil && entries[4] == nil)
    }

    @Test("are removed by their values, or all")
    mutating func removed() {
        for key in 1...4 { entries[key] = "\(key % 2)" }
        entries.remove { $0 == "0" }
        #expect((1...4).filter { entries[$0] != nil } == [1, 3])
        entries.removeAll()
        #expect(entries.count == 0)
    }
}
