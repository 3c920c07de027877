import ArgumentParser
import Foundation

/// The services that processes of this very program serve, as `/proc` shows them: in a container, all that runs there.
enum RunningServices {
    /// - Returns: their names, once each.
    static func names() -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var names: [String] = []
        for process in processes.compactMap({ Int32($0) }) where isThisProgram(process) {
            for name in served(commandLine(process)) where !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// - Parameter arguments: of a process, the program's name first.
    static func served(_ arguments: [String]) -> [String] {
        guard arguments.dropFirst().first == "serve", let serve = try? Serve.parse(Array(arguments.dropFirst(2))) else {
            return []
        }
        return (try? serve.names.members.map(\.name)) ?? []
    }

    private static func isThisProgram(_ process: Int32) -> Bool {
        var (one, own) = (stat(), stat())
        return stat("/proc/\(process)/exe", &one) == 0 && stat("/proc/self/exe", &own) == 0
            && one.st_dev == own.st_dev && one.st_ino == own.st_ino
    }

    private static func commandLine(_ process: Int32) -> [String] {
        let data = FileHandle(forReadingAtPath: "/proc/\(process)/cmdline").flatMap { try? $0.readToEnd() } ?? Data()
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
