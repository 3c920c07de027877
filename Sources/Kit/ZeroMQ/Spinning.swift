/// Decides before each sleep of a thread whether it first polls for work for a while: a thread that sleeps is woken some
/// ten microseconds after its work has come, which is longer than a small call takes.
///
/// It spins as long as that pays. After every hit it goes on; a miss costs as much as several hits earn; without credit it
/// tries once in a while. So a thread whose work comes rarely spins for less than a hundredth of its time, and one without work
/// not at all.
struct Spinning {
    /// For how long at a time; zero for never.
    let limit: Duration
    private var credit = 0
    private var sleepsToNextTry = 0

    private static let maxCredit = 32
    private static let costOfMiss = 4
    private static let sleepsBetweenTries = 64

    init(limit: Duration) {
        self.limit = limit
    }

    /// - Returns: whether to spin before this sleep.
    mutating func begin() -> Bool {
        guard limit > .zero else { return false }
        if credit > 0 { return true }
        sleepsToNextTry -= 1
        return sleepsToNextTry < 0
    }

    mutating func end(found: Bool) {
        credit = found ? min(credit + 1, Self.maxCredit) : max(credit - Self.costOfMiss, 0)
        sleepsToNextTry = Self.sleepsBetweenTries
    }
}
