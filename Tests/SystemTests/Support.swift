import Foundation
import Synchronization

/// Lets in a few at a time, so that processes which start do not take the machine from the tests that run beside them.
final class Turnstile: Sendable {
    static let shared = Turnstile(places: 3)

    private struct State {
        var places: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    private init(places: Int) {
        state = Mutex(State(places: places))
    }

    /// Waits for a place. Each call needs one of ``leave()``.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.places == 0 else {
                    state.places -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state in
            if state.waiting.isEmpty { state.places += 1 }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// Ports that nothing listens at, each given out once. They are below those that systems give to outgoing connections.
enum FreePort {
    private static let given = Mutex<Set<Int>>([])

    static func next() throws -> Int {
        for _ in 1...200 {
            let port = Int.random(in: 15_000...31_000)
            if given.withLock({ $0.insert(port).inserted }), isFree(port) { return port }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    static func isFree(_ port: Int) -> Bool {
        (try? Connected(port: port)) == nil
    }
}

/// A plain TCP connection to this machine that says nothing, until the value goes.
final class Connected: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        #if os(Linux)
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let made = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, size) }
        }
        guard status == 0 else {
            close(made)
            throw CocoaError(.fileReadUnknown)
        }
        descriptor = made
    }

    deinit {
        close(descriptor)
    }
}
