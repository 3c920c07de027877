import Measuring
import Synchronization

/// A transport beneath the kit, timed on a thread that blocks.
final class FloorSubject<Pipe: Pipeline & ~Copyable>: Subject {
    let name: String
    let processes: Processes
    private let server: PipedProcess
    private let pipe: Mutex<Pipe>

    init(_ wire: Wire, server: PipedProcess, over pipe: consuming sending Pipe) {
        name = wire.title
        processes = Processes(servers: [server.id])
        self.server = server
        self.pipe = Mutex(pipe)
    }

    func run(_ load: Load, for time: Duration) async throws -> Sample {
        try await Blocking.run {
            Result { try self.pipe.withLock { try load.run(for: time, over: &$0) } }
        }.get()
    }

    func close() async {
        await server.end()
    }
}
