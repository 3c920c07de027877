import Endpoints
import Logging
import RPC
import Synchronization

/// Logs that a replica cannot be reached, with the reason, and that it replies again: once each, however many calls there are.
struct LossLog: Caller {
    private final class State: Sendable {
        let isLost = Atomic(false)
        let isClosed = Atomic(false)
    }

    private let caller: any Caller
    private let logger: Logger
    private let metadata: Logger.Metadata
    private let state = State()

    /// - Parameter metadata: names the replica.
    init(_ caller: any Caller, _ logger: Logger, _ metadata: Logger.Metadata) {
        self.caller = caller
        self.logger = logger
        self.metadata = metadata
    }

    var transport: Transport { caller.transport }

    var isConnected: Bool { get async { await caller.isConnected } }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let reply = await caller.call(call, endpoint)
        switch reply {
        case .success: recordReply()
        case .failure(let problem) where problem.isOfConnection: record(loss: problem)
        // A call that was given up says nothing of the replica.
        case .failure(let problem) where problem.kind == .cancelled || problem.kind == .deadlineExceeded: break
        case .failure: recordReply()
        }
        return reply
    }

    func close() async {
        state.isClosed.store(true, ordering: .relaxed)
        await caller.close()
    }

    private func recordReply() {
        guard state.isLost.load(ordering: .relaxed), state.isLost.exchange(false, ordering: .relaxed) else { return }
        logger.notice("A replica replies again", metadata: metadata)
    }

    private func record(loss problem: Problem) {
        guard !state.isClosed.load(ordering: .relaxed), !state.isLost.exchange(true, ordering: .relaxed) else { return }
        logger.warning(
            "A replica cannot be reached", metadata: metadata.merging(["reason": "\(problem.detail)"]) { $1 })
    }
}
