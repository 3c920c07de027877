internal import FoundationEssentials
internal import Glibc
internal import Sockets
internal import Testing
@testable internal import ZeroMQ

@Suite("An ipc path", .timeLimit(.minutes(1)))
struct IPCTests {
    private func mode(_ path: String) -> mode_t? {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_mode & 0o777 : nil
    }

    @Test("gets directories and a socket for the owner only, and leaves no file behind")
    func permissions() throws {
        let context = try Context()
        let path = Unique.path()
        let address = try address("ipc://\(path)")
        let server = try Socket(.router, in: context, options: .server)
        #expect(try server.bind(address) == address)
        #expect(mode(path) == 0o600)
        #expect(mode(String(path.dropLast("/a.sock".count))) == 0o700)
        server.close()
        #expect(mode(path) == nil)
        #expect(mode(path + ".lock") == nil)
    }

    @Test("of a living socket is never stolen, and is free when that is closed")
    func notStolen() throws {
        let context = try Context()
        let path = Unique.path()
        let address = try address("ipc://\(path)")
        let first = try Socket(.router, in: context, options: .server)
        try first.bind(address)
        let second = try Socket(.router, in: context, options: .server)
        let error = #expect(throws: ZeroMQError.self) { try second.bind(address) }
        #expect(error?.name == "EADDRINUSE")
        #expect(error?.description.contains(path) == true)
        let client = try Socket(.dealer, in: context)
        let events = try client.monitor()
        try client.connect(address)
        _ = try events.wait(for: .handshakeSucceeded)
        #expect(try client.sendText("to the first") == .sent)
        #expect(try first.next().last == Array("to the first".utf8))
        first.close()
        try second.bind(address)
        // A second close takes nothing from whoever has the path now.
        first.close()
        #expect(mode(path) == 0o600)
    }

    @Test("whose lock another process holds is refused")
    func otherProcess() throws {
        let path = Unique.path()
        let directory = String(path.dropLast("/a.sock".count))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // An opening of its own, as another process would have it: flock belongs to the opening, not to the process.
        let lock = open(path + ".lock", O_RDWR | O_CREAT, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let server = try Socket(.router, in: try Context(), options: .server)
        let error = #expect(throws: ZeroMQError.self) { try server.bind(try Address("ipc://\(path)")) }
        #expect(error?.name == "EADDRINUSE")
        #expect(error?.description.contains("\(path).lock") == true)
        close(lock)
        try server.bind(try address("ipc://\(path)"))
    }

    @Test("is locked against a real other process, and freed by its crash")
    func crash() throws {
        let path = Unique.path()
        let directory = String(path.dropLast("/a.sock".count))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let child = try Child(shell: "exec 9>'\(path).lock'; flock -n 9; echo locked; exec cat")
        #expect(child.readLine() == "locked")
        let server = try Socket(.router, in: try Context(), options: .server)
        let error = #expect(throws: ZeroMQError.self) { try server.bind(try Address("ipc://\(path)")) }
        #expect(error?.name == "EADDRINUSE")
        child.kill()
        try server.bind(try address("ipc://\(path)"))
    }

    @Test("with the file of a dead process is taken over")
    func stale() throws {
        let path = Unique.path()
        let directory = String(path.dropLast("/a.sock".count))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let dead = makeListener(path)
        close(dead)
        #expect(mode(path) != nil)
        let context = try Context()
        let server = try Socket(.router, in: context, options: .server)
        try server.bind(try address("ipc://\(path)"))
        let client = try Socket(.dealer, in: context)
        let events = try client.monitor()
        try client.connect(try address("ipc://\(path)"))
        _ = try events.wait(for: .handshakeSucceeded)
    }

    @Test("of a living listener that knows no lock, or of a file that is no socket, is refused")
    func foreignFile() throws {
        let path = Unique.path()
        let directory = String(path.dropLast("/a.sock".count))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let living = makeListener(path)
        let server = try Socket(.router, in: try Context(), options: .server)
        let error = #expect(throws: ZeroMQError.self) { try server.bind(try Address("ipc://\(path)")) }
        #expect(error?.reason.contains("listens") == true)
        close(living)
        unlink(path)
        #expect(FileManager.default.createFile(atPath: path, contents: Data("precious".utf8)))
        let notSocket = #expect(throws: ZeroMQError.self) { try server.bind(try Address("ipc://\(path)")) }
        #expect(notSocket?.reason.contains("not a socket") == true)
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }

    private func makeListener(_ path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(SocketAddress(path: path).withPointer { bind(descriptor, $0, $1) } == 0)
        #expect(listen(descriptor, 8) == 0)
        return descriptor
    }
}

/// A shell with its output in a pipe. `kill()` is SIGKILL, as a crash would be, and waits for the end.
private final class Child {
    private let process: pid_t
    private let output: UnsafeMutablePointer<FILE>
    private let input: Int32

    init(shell: String) throws {
        var pipes: [Int32] = [0, 0]
        var inputs: [Int32] = [0, 0]
        guard pipe(&pipes) == 0, pipe(&inputs) == 0 else { throw TimedOut() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, inputs[0], 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        var child = pid_t()
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(shell), nil]
        defer { arguments.forEach { free($0) } }
        guard posix_spawn(&child, "/bin/sh", &actions, nil, arguments, environ) == 0 else { throw TimedOut() }
        close(pipes[1])
        close(inputs[0])
        guard let file = fdopen(pipes[0], "r") else { throw TimedOut() }
        process = child
        output = file
        input = inputs[1]
    }

    func readLine() -> String {
        var line = [CChar](repeating: 0, count: 100)
        guard fgets(&line, 100, output) != nil else { return "" }
        return String(decoding: line.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func kill() {
        Glibc.kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        fclose(output)
        close(input)
    }
}
