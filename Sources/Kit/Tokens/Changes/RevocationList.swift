import Foundation
import RPC
import Trust

/// The tokens that were revoked, each until its end.
///
/// It is bounded, and errs on the safe side: where more are revoked than it holds, it drops their ids and denies
/// every token that ends no later than they do. Whoever has one must get a new one.
struct RevocationList {
    /// Some 20 MB of names.
    static let limit = 100_000

    private let limit: Int
    /// The times at which each may be forgotten.
    private var ends: [String: Date] = [:]
    /// Tokens are denied that end by then.
    private var cutOff = Date.distantPast
    /// With so many names, those that may be forgotten are.
    private var sweep = 1024

    init(limit: Int = limit) {
        self.limit = limit
    }

    var count: Int { ends.count }

    func denies(_ principal: Principal) -> Bool {
        principal.expires <= cutOff || ends[principal.tokenID] != nil
    }

    mutating func deny(_ tokens: [RevokedToken], at now: Date) {
        for token in tokens { ends[token.jti] = Date(timeIntervalSince1970: Double(token.exp)) }
        guard ends.count > min(sweep, limit) else { return }
        ends = ends.filter { $0.value + ClaimsValidator.leeway > now }
        sweep = max(1024, ends.count * 2)
        guard ends.count > limit else { return }
        cutOff = ends.values.reduce(cutOff, max)
        ends = [:]
    }
}
