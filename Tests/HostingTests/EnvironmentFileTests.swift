import Foundation
import TemporaryFiles
import Testing

@testable import Hosting

@Suite("A settings file")
struct EnvironmentFileTests {
    let directory = TemporaryDirectory()

    private func entries(_ text: String) throws -> [String: String] {
        let path = try directory.write(text, to: "env")
        let file = try #require(try EnvironmentFile(path, environment: ["HOME": "/home/ada", "EMPTY": ""]))
        return file.entries.compactMapValues(\.value)
    }

    private func value(_ text: String) throws -> String? { try entries("A=" + text)["A"] }

    @Test("has names and values in the ways that Compose reads")
    func names() throws {
        let text = """
            # A comment

            A=1
            export B=2
            \texport\tC = 3\u{20}
            D: 4
            E : 5
            F=
            G = a = b
            A=6
            H.I-J[0]=7
            K
            """
        let expected = [
            "A": "6", "B": "2", "C": "3", "D": "4", "E": "5", "F": "", "G": "a = b", "H.I-J[0]": "7",
        ]
        #expect(try entries(text) == expected)
    }

    @Test(
        "has values without quotes, to the end of the line or to a comment",
        arguments: [
            ("a b", "a b"), ("a # b", "a"), ("a#b", "a#b"), ("  a  ", "a"), ("a\\nb", "a\\nb"), ("a'b\"c", "a'b\"c"),
            ("a: b", "a: b"), ("ä\u{A0}", "ä"),
        ])
    func unquoted(_ text: String, _ value: String) throws {
        #expect(try self.value(text) == value)
    }

    @Test(
        "has values in quotes, with comments behind them",
        arguments: [
            ("'a # b' # c", "a # b"), ("\"a # b\"#c", "a # b"), ("' a '", " a "), ("''", ""), ("\"\"", ""),
            ("'a\nb'", "a\nb"), ("\"a\r\nb\"", "a\nb"), (#"'$HOME\n'"#, #"$HOME\n"#), (#"'it\'s'"#, "it's"),
            (#""a\tb\n\"c\" \\ \q""#, "a\tb\n\"c\" \\ \\q"), (#""\$HOME $$HOME""#, "$HOME $HOME"),
        ])
    func quoted(_ text: String, _ value: String) throws {
        #expect(try self.value(text) == value)
    }

    @Test(
        "expands names that are set, in the environment or above",
        arguments: [
            ("$HOME/x", "/home/ada/x"), ("${HOME}x", "/home/adax"), ("\"<$HOME>\"", "</home/ada>"),
            ("pa$$word", "pa$word"),
            ("a$", "a$"), ("a$1b$ c", "a$1b$ c"), ("${NONE:-b}", "b"), ("${NONE-b}", "b"), ("${EMPTY:-b}", "b"),
            ("${EMPTY-b}", ""), ("${HOME:-b}", "/home/ada"), ("${HOME:+b}", "b"), ("${EMPTY:+b}", ""),
            ("${EMPTY+b}", "b"),
            ("${NONE+b}", ""), ("${HOME:?b}", "/home/ada"), ("${NONE:-${HOME}/x}y", "/home/ada/xy"), ("${NONE:-}", ""),
        ])
    func expanded(_ text: String, _ value: String) throws {
        #expect(try self.value(text) == value)
        #expect(try entries("B=1\nA=$B\nB=2\n")["A"] == "1")
    }

    @Test(
        "is the same with the line ends and the mark of any system",
        arguments: ["# x\r\nA=1\r\nB='2'\r\n", "\u{FEFF}A=1\r\nB=2", "\u{FEFF}# x\nA=1\nB=2", "A=1\r\r\nB=2\r"])
    func lineEnds(_ text: String) throws {
        #expect(try entries(text) == ["A": "1", "B": "2"])
    }

    @Test(
        "is refused, with the line and nothing of it, if it cannot be read in one way only",
        arguments: [
            ("B=1\nsesame sesame", 2), ("=sesame", 1), ("\n\nses$ame=1", 3), ("export", 0), ("A='sesame", 1),
            ("B='1\n2'\nA=\"sesame\n\n", 3), ("A='sesame'sesame", 1), ("A=\"\\012\"", 1), ("A=$sesame", 1),
            ("A=${sesame", 1), ("A=${sesame!x}", 1), ("A=${NONE:?sesame}", 1), ("A=${}", 1), ("A= # sesame", 1),
            ("A=sesame\t# x", 1), ("# x\rA=sesame\rB=1\r", 1), ("B=1\nA=se\rsame\n", 2), ("A\u{0}=sesame", 1),
        ])
    func refused(_ text: String, _ line: Int) throws {
        guard line > 0 else {
            #expect(try entries(text) == [:])
            return
        }
        let error = #expect(throws: SettingsError.self) { try entries(text) }
        let path = directory.path(of: "env")
        #expect(error?.description.hasPrefix("The settings file \(path) is wrong in line \(line): ") == true, "\(text)")
        #expect(error?.description.contains("sesame") == false)
    }

    @Test("has no value that doubles with each line, and bounds what names stand for")
    func doubling() {
        let text = (0..<40).reduce("A0=0123456789abcdef\n") { $0 + "A\($1 + 1)=$A\($1)$A\($1)\n" }
        let error = #expect(throws: (any Error).self) { try entries(text) }
        #expect(error.map { "\($0)" }?.contains("longer than 128 KiB") == true)
    }

    @Test("is refused if it is not UTF-8, or no file", arguments: [Data([0xFF, 0xFE, 0x41, 0x00]), nil])
    func notText(_ data: Data?) throws {
        _ = try directory.write("", to: "other")
        let path = data == nil ? directory.url.path : directory.path(of: "env")
        if let data { try data.write(to: URL(filePath: path)) }
        let error = #expect(throws: SettingsError.self) { try EnvironmentFile(path, environment: [:]) }
        #expect(error?.description.hasPrefix("The settings file \(path) ") == true)
    }

    @Test("need not be there")
    func missing() throws {
        _ = try directory.write("", to: "file")
        for path in ["nothing", "no/folder", "file/below"] {
            #expect(try EnvironmentFile(directory.path(of: path), environment: [:]) == nil, "\(path)")
        }
    }
}
