import Foundation
import Hosting
import Testing

@Suite("A service manager", .timeLimit(.minutes(1)))
struct ServiceManagerTests {
    /// Binds a socket as systemd does, notifies it, and returns what it receives.
    private func received(at address: String, _ states: ServiceManager.State...) throws -> [String] {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = address.hasPrefix("@")
        let path = isAbstract ? [0] + Array(address.utf8.dropFirst()) : Array(address.utf8)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (isAbstract ? 0 : 1))
        let isBound = withUnsafeBytes(of: &name) {
            bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
        try #require(isBound == 0)
        for state in states { #expect(ServiceManager(address: address).notify(state)) }
        return states.map { _ in
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test("is notified at a path and at an abstract name")
    func notified() throws {
        let name = UUID().uuidString
        let path = FileManager.default.temporaryDirectory.appending(path: name).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for address in [path, "@" + name] {
            #expect(try received(at: address, .ready, .stopping) == ["READY=1", "STOPPING=1"])
        }
    }

    @Test("that is none, or is gone, keeps nothing from going on")
    func gone() {
        for address in [nil, ""] { #expect(ServiceManager(address: address).notify(.ready)) }
        for address in ["/nowhere/\(UUID())", "vsock:2:1", "/" + String(repeating: "a", count: 200)] {
            #expect(!ServiceManager(address: address).notify(.ready))
        }
    }
}
