import Foundation
import Noise
import Testing

@Suite("A reader of foreign bytes")
struct FuzzingTests {
    /// So many inputs are made for each.
    private static let count = 3000

    @Test("neither traps nor breaks its rules, and holds nothing afterwards", arguments: FuzzTarget.allCases)
    func mutations(target: FuzzTarget) {
        for seed in target.seeds { target.run(seed) }
        var noise = Noise(seed: 1)
        run(target, Self.count / 4, &noise)
        let before = residentBytes()
        run(target, Self.count, &noise)
        #expect(residentBytes() - before < 16 * 1024 * 1024)
    }

    private func run(_ target: FuzzTarget, _ count: Int, _ noise: inout Noise) {
        for _ in 0..<count { target.run(noise.mutation(of: target.seeds)) }
    }

    /// The memory of the process that is its own.
    private func residentBytes() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return pages.flatMap { Int($0[1]) }.map { $0 * 4096 } ?? 0
    }
}

extension Noise {
    /// One of some inputs, with a few changes: bytes are set, removed, repeated, or come from another input.
    fileprivate mutating func mutation(of seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(4) where !bytes.isEmpty {
            let place = below(bytes.count)
            let end = place + below(min(40, bytes.count - place)) + 1
            switch below(6) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 1: bytes[place] ^= 1 << UInt8(below(8))
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
            case 4: bytes.insert(contentsOf: self.bytes(below(9)), at: place)
            default: bytes.replaceSubrange(place..., with: seeds[below(seeds.count)].dropFirst(place))
            }
        }
        return bytes
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
