public import Foundation

/// The times at which a signing key goes from one state to the next. It is pure: the same keys at the same instant make
/// the same steps, whichever of several auth processes looks first.
public struct KeyRotationPolicy: Sendable, Equatable {
    /// A step that is due now.
    public enum RotationStep: Sendable, Equatable {
        /// A new key is to be made and published.
        case announce
        /// This key is to sign, in place of the one that does.
        case promote(String)
        /// This key is to verify nothing any more.
        case retire(String)
    }

    /// Seconds for which a key is published before it signs. Whoever caches a key set for no longer, as auth's reply
    /// allows, has the key when its first token comes.
    public let announcement: TimeInterval
    /// Seconds for which a key verifies after it has ceased to sign: the life of its last token, and some more.
    public let overlap: TimeInterval
    /// Seconds after which a key is replaced without being asked; `nil` for never.
    public let period: TimeInterval?

    /// Seconds beyond the life of a token: the leeway of verifiers' clocks, and the time in which another auth process
    /// may not yet have seen that the key has ceased to sign.
    private static let spare: TimeInterval = 60

    public init(announcement: TimeInterval, tokenLifetime: TimeInterval, period: TimeInterval?) {
        self.announcement = announcement
        overlap = tokenLifetime + Self.spare
        self.period = period
    }

    /// - Parameter keys: all there are, the oldest first.
    public func steps(_ keys: [StoredKey], at moment: Date) -> [RotationStep] {
        var steps: [RotationStep] = []
        for key in keys {
            switch key.state {
            // One key signs at a time, so one is promoted at a time.
            case .announced
            where isOver(announcement, since: key.announced, moment) && !steps.contains(where: \.isPromotion):
                steps.append(.promote(key.kid))
            case .retiring where (key.retiring ?? key.announced) + overlap <= moment: steps.append(.retire(key.kid))
            case .signing where isOld(key, at: moment) && !keys.contains { $0.state == .announced }:
                steps.append(.announce)
            case .announced, .signing, .retiring, .retired: break
            }
        }
        return steps
    }

    /// True if a key that is announced now will not be there too soon.
    private func isOld(_ key: StoredKey, at moment: Date) -> Bool {
        guard let period, let signing = key.signing else { return false }
        return isOver(max(0, period - announcement), since: signing, moment)
    }

    /// True if a time is over, or began so far in the future that the clock was wrong then: a key would have to wait for
    /// that day.
    private func isOver(_ time: TimeInterval, since start: Date, _ moment: Date) -> Bool {
        start + time <= moment || start > moment + Self.spare
    }
}

extension KeyRotationPolicy.RotationStep {
    fileprivate var isPromotion: Bool {
        if case .promote = self { true } else { false }
    }
}
