/// The readers of bytes that strangers send, each by a name: it is fed whatever comes, and must neither trap nor break one of
/// the rules it checks itself.
///
/// Two programs share them: the tests, which feed the seeds and seeded mutations of them, and `Tests/Fuzzing`, where
/// libFuzzer looks for more.
enum FuzzTarget: String, CaseIterable {
    case zmtp
    case curve
    case s1
    case json
    case request
    case routes
    case token
    case settings
    case forwarded
    case proxy
    case keys

    /// Feeds it one input.
    func run(_ bytes: [UInt8]) {
        switch self {
        case .zmtp: fuzzZMTP(bytes)
        case .curve: fuzzCurve(bytes)
        case .s1: fuzzS1(bytes)
        case .json: fuzzJSON(bytes)
        case .request: fuzzRequest(bytes)
        case .routes: fuzzRoutes(bytes)
        case .token: fuzzToken(bytes)
        case .settings: fuzzSettings(bytes)
        case .forwarded: fuzzForwarded(bytes)
        case .proxy: fuzzProxy(bytes)
        case .keys: fuzzKeys(bytes)
        }
    }

    /// Inputs that reach far, from which others are made.
    var seeds: [[UInt8]] {
        switch self {
        case .zmtp: zmtpSeeds
        case .curve: curveSeeds
        case .s1: s1Seeds
        case .json: jsonSeeds
        case .request: requestSeeds
        case .routes: routeSeeds
        case .token: tokenSeeds
        case .settings: settingsSeeds
        case .forwarded: forwardedSeeds
        case .proxy: proxySeeds
        case .keys: keySeeds
        }
    }
}

/// The bytes of an input, taken from the front.
struct InputBytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte; 0 behind the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// So many bytes, or what is left.
    mutating func prefix(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A piece that says how long it is.
    mutating func piece() -> [UInt8] { prefix(Int(byte()) | (Int(byte()) & 0x7F) << 8) }

    mutating func remaining() -> [UInt8] { prefix(rest.count) }
}

/// Makes pieces that ``InputBytes/piece()`` reads.
func pieces(_ texts: String...) -> [UInt8] {
    texts.flatMap { [UInt8($0.utf8.count & 255), UInt8($0.utf8.count >> 8)] + $0.utf8 }
}
