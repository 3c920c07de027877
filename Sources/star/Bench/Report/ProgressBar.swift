import Foundation
import Measuring

/// A line on standard error that says how far a run is; nothing where no terminal shows it.
struct ProgressBar {
    private static let width = 24

    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ turn: Turn, elapsed: Duration) {
        write("\r" + Self.line(turn, elapsed: elapsed) + "\u{1B}[K")
    }

    func clear() {
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        guard isShown else { return }
        FileHandle.standardError.write(Data(text.utf8))
    }

    static func line(_ turn: Turn, elapsed: Duration) -> String {
        let part = min(elapsed / (elapsed + turn.timeLeft), 1)
        let filled = Int((part * Double(width)).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let left = Int((turn.timeLeft / .seconds(1)).rounded(.up))
        let round = turn.round.map { "round \($0)" } ?? "warming up"
        return "\(bar) \(Int(part * 100)) %, \(left) s left: \(round), \(turn.subject), \(turn.load.title)"
    }
}
