import CZeroMQ
import Foundation
import JSON
import Measuring

/// The machine and the versions of a run.
struct Machine {
    let processor: String
    let cores: Int
    let system: String
    let libzmq: String
    let swift: String
    let isOptimized: Bool

    init() {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        processor =
            lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        system = Self.kernel()
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        zmq_version(&major, &minor, &patch)
        libzmq = "\(major).\(minor).\(patch)"
        #if compiler(>=6.4)
            swift = "6.4 or later"
        #else
            swift = "6.3"
        #endif
        #if DEBUG
            isOptimized = false
        #else
            isOptimized = true
        #endif
    }

    private static func kernel() -> String {
        var name = utsname()
        uname(&name)
        return [text(name.sysname), text(name.release), text(name.machine)].joined(separator: " ")
    }

    private static func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    var sentence: String {
        "\(processor), \(cores) cores, \(system); libzmq \(libzmq), Swift \(swift)"
            + (isOptimized ? "" : ", a debug build: build with -c release before you believe a figure")
    }

    var document: JSONValue {
        [
            "processor": .string(processor), "cores": .integer(cores), "system": .string(system),
            "libzmq": .string(libzmq), "swift": .string(swift), "optimized": .bool(isOptimized),
        ]
    }
}

/// A line on standard error that says how far a run is; nothing if no terminal shows it.
struct ProgressBar {
    private static let width = 24

    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ turn: Trial, elapsed: Duration) {
        write("\r" + Self.line(turn, elapsed: elapsed) + "\u{1B}[K")
    }

    func clear() {
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        guard isShown else { return }
        FileHandle.standardError.write(Data(text.utf8))
    }

    static func line(_ turn: Trial, elapsed: Duration) -> String {
        let part = min(elapsed / (elapsed + turn.timeLeft), 1)
        let filled = Int((part * Double(width)).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let left = Int((turn.timeLeft / .seconds(1)).rounded(.up))
        let round = turn.round.map { "round \($0)" } ?? "warming up"
        return "\(bar) \(Int(part * 100)) %, \(left) s left: \(round), \(turn.subject), \(turn.load.title)"
    }
}
