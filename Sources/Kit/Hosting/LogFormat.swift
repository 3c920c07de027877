import Endpoints
import Foundation
import JSON
public import Logging
import Synchronization

/// The form of log lines on standard error.
public enum LogFormat: String, Sendable, CaseIterable {
    /// A line for people.
    case text
    /// A JSON object a line, for programs.
    case json

    /// A handler that writes this form.
    public func handler(_ label: String) -> any LogHandler {
        switch self {
        case .text: StreamLogHandler(label: label, stream: StandardErrorStream())
        case .json: JSONLogHandler(label) { LineWriter.standardError.write($0) }
        }
    }
}

extension LogFormat {
    /// The form of the process's log, as soon as its settings are read.
    private static let ofProcess = Mutex(LogFormat.text)

    /// From now on the reason why the process ends is written in this form, too.
    func becomeProcessFormat() { Self.ofProcess.withLock { $0 = self } }

    /// Writes why the process ends, or cannot start, to standard error: a line for people, or in JSON if its log is.
    ///
    /// - Parameter program: its name.
    package static func writeFailure(_ sentence: String, of program: String) {
        switch ofProcess.withLock(\.self) {
        case .text: LineWriter.standardError.write(Data("\(program): \(sentence)\n".utf8))
        case .json:
            Logger(label: program, factory: LogFormat.json.handler)
                .critical("The process ends", metadata: ["reason": "\(sentence)"])
        }
    }
}

/// Writes each log line as a JSON object: `time`, `level`, `logger`, `message`, and a member for each piece of metadata.
struct JSONLogHandler: LogHandler {
    private let label: String
    private let write: @Sendable (Data) -> Void
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    /// - Parameter write: takes a whole line, with its end.
    init(_ label: String, write: @escaping @Sendable (Data) -> Void) {
        self.label = label
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            "level": .string(event.level.rawValue), "logger": .string(label),
            "message": .string(event.message.description),
            "error": event.error.map { .string(String(describing: $0)) },
        ]
        let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line[line[name] == nil ? name : "metadata." + name] = JSONValue(value)
        }
        write(JSONValue.object(line).json() + [UInt8(ascii: "\n")])
    }
}

extension JSONValue {
    fileprivate init(_ value: Logger.MetadataValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .stringConvertible(let value): Self.scalar(value)
            case .dictionary(let members):
                .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) }))
            case .array(let elements): .array(elements.map(JSONValue.init))
            }
    }

    private static func scalar(_ value: any CustomStringConvertible) -> JSONValue {
        switch value {
        case let flag as Bool: .bool(flag)
        case let integer as Int: .integer(integer)
        case let number as Double where number.isFinite: .number(number)
        default: .string(value.description)
        }
    }
}
