import Foundation
import Synchronization
import Testing

@testable import Hosting

@Suite("A writer of lines", .timeLimit(.minutes(1)))
struct LineWriterTests {
    private let pipe = Pipe()
    private let lines = (0..<20_000).map { "line \($0)\n" }

    private func writer(didDrop: @escaping @Sendable (Int) -> Void = { _ in }) -> LineWriter {
        // The writer's thread does not end, and so neither does what it writes to.
        LineWriter(dup(pipe.fileHandleForWriting.fileDescriptor), capacity: 10_000, didDrop: didDrop)
    }

    private func read(until isEnough: (String) -> Bool) throws -> String {
        var text = ""
        while !isEnough(text) {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        }
        return text
    }

    /// Writes empty lines, as many as the pipe takes.
    private func fillPipe() {
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        while write(descriptor, String(repeating: "\n", count: 4096), 4096) > 0 {}
        _ = fcntl(descriptor, F_SETFL, flags)
    }

    @Test("makes one line of a text whatever a caller has put into it, and no command to a terminal")
    func oneLine() {
        #expect(StandardErrorStream.line("name=Ada größe=1 “x”\n") == "name=Ada größe=1 “x”\n")
        let forged = StandardErrorStream.line("name=Ada\n2026 error \u{1B}[31m\r\n\u{85}\u{2028}\0\n")
        #expect(forged == #"name=Ada\n2026 error \u{1B}[31m\r\n\u{0085}\u{2028}\0"# + "\n")
    }

    @Test("writes them in their order")
    func order() throws {
        let writer = writer()
        for line in lines[..<500] { writer.write(Data(line.utf8)) }
        let text = try read { $0.hasSuffix(lines[499]) }
        #expect(text == lines[..<500].joined())
        #expect(writer.flush(within: .seconds(30)))
    }

    @Test("holds nobody up if nothing reads: lines beyond its capacity are dropped, and counted when it goes on")
    func unread() throws {
        fillPipe()
        let dropped = Total()
        let writer = writer { dropped.value.add($0, ordering: .relaxed) }
        for line in lines { writer.write(Data(line.utf8)) }
        #expect(!writer.flush(within: .milliseconds(10)))
        let isFlushed = Total()
        Thread.detachNewThread {
            guard writer.flush(within: .seconds(30)) else { return }
            isFlushed.value.add(1, ordering: .relaxed)
            writer.write(Data("last\n".utf8))
        }
        let text = try read { $0.hasSuffix("last\n") }.drop { $0 == "\n" }
        #expect(isFlushed.value.load(ordering: .relaxed) == 1)
        let count = dropped.value.load(ordering: .relaxed)
        #expect(count > 0 && text.split(separator: "\n").count == lines.count - count + 1)
        #expect(text.hasPrefix(lines[..<1000].joined()))
    }

    @Test("goes on without a reader")
    func gone() throws {
        signal(SIGPIPE, SIG_IGN)
        try pipe.fileHandleForReading.close()
        let writer = writer()
        for line in lines[..<100] { writer.write(Data(line.utf8)) }
        #expect(writer.flush(within: .seconds(30)))
    }
}

private final class Total: Sendable {
    let value = Atomic(0)
}
