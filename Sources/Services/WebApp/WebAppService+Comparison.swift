import Contracts
import Endpoints
public import Foundation
import Measuring
import RPC

extension WebAppService {
    /// Starts to compare; where one goes on already, the caller watches that one.
    func compare(_: Empty, _ context: CallContext) async throws -> WebAppContract.WireComparison {
        if let contest, contest.isRunning { return contest.figures }
        guard let resourceOverHTTP, resourceRoute.link != .http else {
            throw Problem(.conflict, "There is one wire to resource here, and so nothing to compare.")
        }
        if let rest = contest?.restLeft {
            throw Problem(.tooManyRequests, "The last comparison has only just ended.", retryAfter: rest)
        }
        let contest = WireComparison(run: (contest?.run ?? 0) + 1, [resourceRoute.link, resourceOverHTTP.link])
        self.contest = contest
        Task { await run([resourceRoute, resourceOverHTTP]) }
        return contest.figures
    }

    func comparison(_: Empty, _ context: CallContext) async -> WebAppContract.WireComparison {
        contest?.figures ?? WireComparison.none
    }

    /// The results of ``comparison(_:_:)``, each time that they have grown, as server-sent events. They end with the
    /// comparison.
    public nonisolated func comparisonEvents() -> AsyncStream<Data> {
        let (events, watcher) = AsyncStream<Data>.makeStream(bufferingPolicy: .bufferingNewest(1))
        Task { await watch(watcher) }
        return events
    }

    private func watch(_ watcher: AsyncStream<Data>.Continuation) {
        subscribers.append(watcher)
        notifySubscribers()
    }

    private func notifySubscribers() {
        guard !subscribers.isEmpty, let json = try? JSONCoding.encode(contest?.figures ?? WireComparison.none) else {
            return
        }
        let event = Data("data: ".utf8) + json + Data("\n\n".utf8)
        subscribers.removeAll { watcher in
            if case .terminated = watcher.yield(event) { true } else { false }
        }
        guard contest?.isRunning != true else { return }
        for watcher in subscribers { watcher.finish() }
        subscribers = []
    }

    /// Calls by turns, in an order that changes, so that the machine's moods hit both wires alike.
    private func run(_ wires: [ServiceRoute]) async {
        let end = ContinuousClock.now + WireComparison.limit
        do {
            let token = try await ownToken()
            var turns = WireComparison.course.turns(of: wires.map { subject($0, token) })
            while contest?.isRunning == true, .now < end, let turn = await turns.next() {
                contest?.add(turn)
                if contest?.turns.isMultiple(of: Self.turnsATelling) == true { notifySubscribers() }
                try await Task.sleep(for: WireComparison.pause)
            }
            contest?.finish()
        } catch {
            contest?.fail(error as? Problem ?? .cancelled)
        }
        notifySubscribers()
    }

    /// Nobody sees more than some ten changes a second.
    private static let turnsATelling = 4

    private func subject(_ route: ServiceRoute, _ token: String) -> CallSubject {
        let client = Client<ResourceContract>(route.caller)
        return CallSubject(
            route.link.rawValue, processes: Processes(servers: []), on: executor,
            call: { _ in
                _ = try await client.call(ResourceContract.currentTime, token: token, timeout: WireComparison.patience)
            }, close: {})
    }
}
