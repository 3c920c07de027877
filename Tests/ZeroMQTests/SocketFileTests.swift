internal import Foundation
internal import Glibc
internal import Testing
@testable internal import ZeroMQ

@Suite("A socket with a file of its own", .timeLimit(.minutes(1)))
struct SocketFileTests {
    private let context: Context

    init() throws { context = try Context() }

    @Test("whose file is removed, with its folder or without, listens at its path anew", arguments: [false, true])
    func removed(folder: Bool) async throws {
        let path = Unique.path()
        let address = try address("ipc://\(path)")
        try await SocketHost.run(in: context) { server in
            try await server.route(at: address)
            if folder {
                try FileManager.default.removeItem(atPath: String(path.dropLast("/a.sock".count)))
            } else {
                unlink(path)
            }
            try await SocketHost.run(in: context) { client in
                try await client.deal(with: address)
                #expect(await client.next() == .connected)
                #expect(await client.send([[1]]) == .sent)
                #expect(await server.next() == .restored)
                #expect(await server.next() == .connected)
                #expect(await server.next() == .message([[1]]))
            }
        }
        #expect(access(path, F_OK) != 0 && access(path + ".lock", F_OK) != 0)
    }

    @Test("whose path something else has taken says so, and listens there again once that is gone")
    func taken() async throws {
        let path = Unique.path()
        try await SocketHost.run(in: context) { server in
            try await server.route(at: try address("ipc://\(path)"))
            unlink(path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            guard case .unreachable(let reason) = await server.next() else {
                Issue.record("It says nothing.")
                return
            }
            #expect(reason.contains("\(path) is there and is not a socket"))
            try FileManager.default.removeItem(atPath: path)
            var event = await server.next()
            while case .unreachable = event { event = await server.next() }
            #expect(event == .restored)
        }
    }

    @Test("that leaves removes no file of another process, which has its path by now")
    func successor() async throws {
        let path = Unique.path()
        let address = try address("ipc://\(path)")
        try await SocketHost.run(in: context) { first in
            try await first.route(at: address)
            unlink(path)
            unlink(path + ".lock")
            try await SocketHost.run(in: context) { second in
                try await second.route(at: address)
                await first.close()
                #expect(access(path, F_OK) == 0 && access(path + ".lock", F_OK) == 0)
                let client = try Socket(.dealer, in: context)
                let monitor = try client.monitor()
                try client.connect(address)
                _ = try monitor.wait(for: .handshakeSucceeded)
            }
        }
    }

    @Test("is bound by an absolute path, though the setting is relative to the folder")
    func absolute() throws {
        let path = Unique.path()
        let folder = FileManager.default.currentDirectoryPath
        let up = folder.split(separator: "/").map { _ in ".." }.joined(separator: "/")
        let file = try SocketFile(path: up + path, backlog: 1, operation: "test")
        defer { file.abandon() }
        var bound = sockaddr_un()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeMutablePointer(to: &bound) { bound in
            bound.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(file.descriptor, $0, &size) }
        }
        let name = withUnsafeBytes(of: bound.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        #expect(name == folder + "/" + up + path)
    }
}
