import RPC
import ZeroMQTransport

/// The parts that a host starts and stops.
actor RunningParts {
    private var dispatcher: Dispatcher?
    private var fronts: [(front: any Front, at: String)] = []
    private var draining: Task<Void, Never>?
    private var callers: [any Caller] = []
    private var publishers: [(publisher: ZeroMQPublisher, at: String)] = []
    private var subscriptions: [ZeroMQSubscription] = []

    func add(_ caller: any Caller) { callers.append(caller) }
    func add(_ publisher: ZeroMQPublisher, at place: String) { publishers.append((publisher, place)) }
    func add(_ subscription: ZeroMQSubscription) { subscriptions.append(subscription) }

    func add(_ dispatcher: Dispatcher, _ fronts: [(any Front, at: String)]) {
        self.dispatcher = dispatcher
        self.fronts = fronts.map { ($0.0, $0.at) }
    }

    func start(_ service: String) async throws -> [String] {
        var addresses: [String] = []
        for (publisher, place) in publishers {
            addresses += try await listening(service, at: place) { try await publisher.start() }
        }
        for (front, place) in fronts {
            addresses += try await listening(service, at: place) { try await front.start() }
        }
        return addresses
    }

    private func listening(
        _ service: String, at place: String, _ start: () async throws -> [String]
    ) async throws(StartError) -> [String] {
        do {
            return try await start()
        } catch {
            throw StartError(description: "\(service) cannot listen at \(place): \(error)")
        }
    }

    func drain(for time: Duration) async {
        let task =
            draining
            ?? Task {
                dispatcher?.beginDraining()
                for (front, _) in fronts { await front.drain() }
                try? await Task.sleep(for: time)
            }
        draining = task
        await task.value
    }

    func stop() async {
        await withDiscardingTaskGroup { group in
            for (front, _) in fronts { group.addTask { await front.stop() } }
        }
        for subscription in subscriptions { await subscription.close() }
        for (publisher, _) in publishers { await publisher.stop() }
        for caller in callers { await caller.close() }
    }
}
