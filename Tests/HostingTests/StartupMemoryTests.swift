import Foundation
import Testing

@testable import Hosting

@Suite("The memory of a start")
struct StartupMemoryTests {
    private let text = """
        55d0c000-55d1e000 r-xp 00001000 08:01 131                                /usr/bin/star
        Size:                 72 kB
        Anonymous:             0 kB
        55d1e000-55d20000 r--p 00013000 08:01 131                                /usr/bin/star
        Anonymous:             8 kB
        55d20000-55d21000 rw-p 00015000 08:01 131                                /usr/bin/star
        Anonymous:             0 kB
        7f0000000000-7f0000001000 r--p 00000000 00:00 0
        Anonymous:             0 kB
        ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0                  [vsyscall]
        Anonymous:             0 kB

        """

    @Test("is given back where it is a file's, and as the file has it")
    func areas() {
        let areas = MappedArea.areas(in: text)
        #expect(areas.map(\.isUnchanged) == [true, false, false, false, false])
        #expect(areas[0].range == 0x55d0_c000..<0x55d1_e000)
    }

    @Test("is given back by a process that goes on, and holds less from then on", .enabled(if: !MappedArea.all.isEmpty))
    func release() throws {
        let before = try residentFilePages()
        StartupMemory.release()
        let after = try residentFilePages()
        #expect(after < before / 2, "\(before) → \(after) kB")
        #expect(MappedArea.areas(in: text).count == 5)
    }

    private func residentFilePages() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    }
}
