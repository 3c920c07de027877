import Foundation
import RPC

/// Remembers tokens that have been verified, so that the next call need not do it again.
///
/// Two generations: when the young one is full it becomes the old one, and the old one is dropped at once. What is used
/// comes back into the young one, so that what goes has not been used for a while.
struct VerifiedTokenCache {
    /// A token, hashed by the end of its signature alone: a quarter of the work, and nobody can make tokens collide
    /// whose signatures must be good before they are remembered.
    private struct CacheKey: Hashable {
        let token: String

        /// Strings are equal where they look the same, as K and the sign for kelvin do; here bytes count. ASCII has no
        /// other spelling of as many bytes.
        static func == (one: CacheKey, other: CacheKey) -> Bool {
            one.token.utf8.count == other.token.utf8.count && one.token == other.token
        }

        func hash(into hasher: inout Hasher) {
            var token = token
            token.withUTF8 { bytes in
                hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes.suffix(32))))
            }
        }
    }

    private struct CachedToken {
        let principal: Principal
        let deadline: Date
    }

    /// The most tokens that a generation holds; there are two.
    private let generationLimit: Int
    private var young: [CacheKey: CachedToken] = [:]
    private var old: [CacheKey: CachedToken] = [:]

    /// - Parameter limit: the most tokens that are remembered, at least 2.
    init(limit: Int) {
        generationLimit = limit / 2
    }

    var count: Int { young.count + old.count }

    /// - Returns: whose token it is, or `nil` if that is not remembered, or not any more.
    mutating func principal(of token: String, at now: Date) -> Principal? {
        let key = CacheKey(token: token)
        if let entry = young[key] { return entry.deadline > now ? entry.principal : nil }
        guard let entry = old.removeValue(forKey: key), entry.deadline > now else { return nil }
        insert(entry, for: key)
        return entry.principal
    }

    /// Remembers whose token it is, until it must be verified again.
    mutating func remember(_ token: String, _ principal: Principal, until deadline: Date) {
        let key = CacheKey(token: token)
        old[key] = nil
        insert(CachedToken(principal: principal, deadline: deadline), for: key)
    }

    mutating func forgetAll() {
        young = [:]
        old = [:]
    }

    /// Forgets the tokens of some principals. It looks at all: what is revoked is seldom, what is asked for is not.
    mutating func forget(where isGone: (Principal) -> Bool) {
        young = young.filter { !isGone($0.value.principal) }
        old = old.filter { !isGone($0.value.principal) }
    }

    private mutating func insert(_ entry: CachedToken, for key: CacheKey) {
        if young.count >= generationLimit, young[key] == nil {
            old = young
            young = [:]
        }
        young[key] = entry
    }
}
