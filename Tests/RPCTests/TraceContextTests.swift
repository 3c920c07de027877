import RPC
import Testing

@Suite("A trace")
struct TraceContextTests {
    private static let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("is read and printed as W3C Trace Context writes it")
    func roundTrip() throws {
        let trace = try #require(TraceContext(header: Self.header))
        #expect(trace.header == Self.header)
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        let edge = "00-00000000000000000000000000000001-0000000000000001-00"
        #expect(TraceContext(header: edge)?.header == edge)
    }

    @Test("keeps the flags that are known, sampled and random, and passes no others on")
    func flags() {
        for (flags, kept) in [("ff", "03"), ("fc", "00"), ("09", "01")] {
            #expect(TraceContext(header: Self.header.dropLast(2) + flags)?.header == Self.header.dropLast(2) + kept)
        }
    }

    @Test("of a later version is read as far as it is known")
    func laterVersion() {
        for suffix in ["", "-more", "-more-and-more", "-"] {
            let header = "cc" + Self.header.dropFirst(2) + suffix
            #expect(TraceContext(header: header)?.header == Self.header, "\(header)")
        }
    }

    private static let malformed: [String] = {
        let rest = String(header.dropFirst(2))
        let versions = ["ff", "0", "0g", "", "FF"].map { $0 + rest }
        let endings = ["-more", "-", " ", "0", "é"].map { header + $0 }
        let others = [
            "", "-", "---", "00", " " + header, String(header.dropLast()), header.uppercased(), "cc" + rest + "x",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01", "00-" + String(repeating: "é", count: 26),
        ]
        return versions + endings + others
    }()

    @Test("that is not well-formed is not read", arguments: malformed)
    func refused(header: String) {
        #expect(TraceContext(header: header) == nil)
    }

    @Test("is passed on to each call it causes, under a span of its own")
    func child() {
        let root = TraceContext.root()
        let children = (0..<100).map { _ in root.child() }
        #expect(children.allSatisfy { $0.traceID == root.traceID })
        #expect(Set(children.map(\.header) + [root.header]).count == 101)
        #expect(children.allSatisfy { TraceContext(header: $0.header) == $0 })
    }

    @Test("is new for each call that none has caused")
    func root() {
        #expect(Set((0..<1000).map { _ in TraceContext.root().traceID }).count == 1000)
    }

    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    static let states = [
        "a=1", "congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 , b=2\t,c=3", "a=1,,b=2", " a=1",
        "tenant@vendor=x y", "0a=!", "a-_*/z=1", String(repeating: "a", count: 256) + "=1",
        (1...32).map { "k\($0)=v" }.joined(separator: ","),
    ]

    @Test("takes other systems' data with it, unchanged", arguments: states)
    func state(text: String) throws {
        let context = try #require(TraceContext(header: Self.parent, state: text))
        #expect(context.state == text && context.child().state == text && context.header == Self.parent)
    }

    static let malformedStates = [
        "", " ", ",", "a", "=1", "a=", "A=1", "a=1=2", "a=1\n", "a=1\0", "a b=1", "ö=1", "a=ö", "a@b@c=1", "@a=1",
        "-a=1",
        "a=" + String(repeating: "x", count: 257), String(repeating: "a", count: 257) + "=1",
        (1...33).map { "k\($0)=v" }.joined(separator: ","),
        (1...5).map { "k\($0)=" + String(repeating: "v", count: 120) }.joined(separator: ","),
    ]

    @Test("drops other systems' data that is not well-formed or too long, and nothing else", arguments: malformedStates)
    func noState(text: String) throws {
        let context = try #require(TraceContext(header: Self.parent, state: text))
        #expect(context.state == nil && context.header == Self.parent)
    }
}
