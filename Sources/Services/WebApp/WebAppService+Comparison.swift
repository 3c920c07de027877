import Contracts
import Endpoints
import RPC

extension WebAppService {
    /// Starts to compare; where one goes on already, the caller watches that one.
    func compare(_: Empty, _ context: CallContext) async throws -> WebAppContract.WireComparison {
        if let contest, contest.isRunning { return contest.figures }
        guard let resourceOverHTTP, resource.link != .http else {
            throw Problem(.conflict, "There is one wire to resource here, and so nothing to compare.")
        }
        if let rest = contest?.restLeft {
            throw Problem(.tooManyRequests, "The last comparison has only just ended.", retryAfter: rest)
        }
        let contest = Contest(run: (contest?.run ?? 0) + 1, [resource.link, resourceOverHTTP.link])
        self.contest = contest
        Task { await run([resource, resourceOverHTTP]) }
        return contest.figures
    }

    func comparison(_: Empty, _ context: CallContext) async -> WebAppContract.WireComparison {
        contest?.figures ?? Contest.none
    }

    /// Calls by turns, so that the machine's moods hit both wires alike.
    private func run(_ wires: [Peer<ResourceContract>]) async {
        let end = ContinuousClock.now + Contest.limit
        do {
            let token = try await guestToken()
            for round in 0..<Contest.rounds {
                for call in 0..<Contest.callsARound {
                    for turn in wires.indices {
                        let wire = (turn + round + call) % wires.count
                        await measure(wires[wire], wire, token)
                    }
                }
                guard contest?.isRunning == true, .now < end else { break }
                try await Task.sleep(for: Contest.pause)
            }
            contest?.finish()
        } catch {
            contest?.fail(error as? Problem ?? .cancelled)
        }
    }

    private func measure(_ peer: Peer<ResourceContract>, _ wire: Int, _ token: String) async {
        let start = ContinuousClock.now
        do throws(Problem) {
            _ = try await peer.client.call(ResourceContract.currentTime, token: token, timeout: .milliseconds(500))
            contest?.record(start.duration(to: .now), wire: wire)
        } catch {
            contest?.record(error, wire: wire)
        }
    }
}
