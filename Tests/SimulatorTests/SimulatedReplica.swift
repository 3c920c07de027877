import Endpoints
import Foundation
import RPC

@testable import ZeroMQTransport

/// A place where one process after the other serves, as seen from all clients.
final class SimulatedReplica: @unchecked Sendable {
    let number: Int
    /// True if clients reach it over a network, not by a Unix socket.
    let isRemote: Bool
    /// A proxy that clients are connected to in place of the process.
    private let relay: SimulatedRelay?
    private let world: World
    private let ledger: Ledger
    private(set) var process: SimulatedProcess?
    private var links: [Link] = []
    private var lastInstance = 0
    /// The clients whose messages do not arrive here, nor those of here there.
    private(set) var partition: Set<Int> = []

    init(_ number: Int, isRemote: Bool, isRelayed: Bool, in world: World, _ ledger: Ledger) {
        self.number = number
        self.isRemote = isRemote
        relay = isRelayed ? SimulatedRelay() : nil
        self.world = world
        self.ledger = ledger
        start()
    }

    var isRelayed: Bool { relay != nil }

    func makeLink(to caller: SimulatedCaller) -> Link {
        let client = caller.number
        let link = Link(world) { [weak self] end in
            guard let self else { return true }
            return partition.contains(client) || (end == .process && process?.isFrozen == true)
        }
        links.removeAll(where: \.isCut)
        links.append(link)
        return link
    }

    func start() {
        guard process == nil else { return }
        lastInstance += 1
        process = SimulatedProcess("\(number).\(lastInstance)", in: world, ledger)
        relay?.connect(to: process)
    }

    /// - Returns: false if there is no listener.
    func accept(_ link: Link, from caller: SimulatedCaller) -> Bool {
        guard relay != nil || process != nil else { return false }
        if let relay { relay.accept(link, from: caller) } else { process?.accept(link, from: caller) }
        return true
    }

    func receive(_ message: RPCMessage, by link: Link) {
        if let relay { relay.receive(message, by: link) } else { process?.receive(message, by: link) }
    }

    func forget(_ link: Link) {
        relay?.forget(link)
        process?.forget(link)
    }

    /// SIGKILL.
    func kill() {
        process?.end(cutsLinks: !isRelayed)
        process = nil
        relay?.connect(to: nil)
        release()
    }

    /// SIGSTOP and SIGCONT.
    func freeze(_ isFrozen: Bool) {
        process?.freeze(isFrozen)
        release()
    }

    /// SIGTERM: as `ServiceHost` ends. It may stop to take calls before its clients have learned that it will.
    func drain() async {
        guard let process else { return }
        process.drain()
        try? await Task.sleep(for: .milliseconds(Bool.random() ? 0 : Int.random(in: 0...200)))
        await process.stop()
        if self.process === process { kill() }
    }

    /// Nothing arrives from some clients, or at them.
    func isolate(from clients: Set<Int>) {
        partition = clients
        release()
    }

    /// Resets all connections.
    func cutLinks() { process?.cutLinks() }

    private func release() {
        for link in links { link.release() }
    }
}

/// A process with the service's dispatcher, and what `ZeroMQFront` knows of its peers.
final class SimulatedProcess: @unchecked Sendable {
    private final class Peer: @unchecked Sendable {
        let link: Link
        let caller: SimulatedCaller
        var transit = TransitTime()
        var running: [UInt64: RunningCall] = [:]

        init(_ link: Link, _ caller: SimulatedCaller) {
            self.link = link
            self.caller = caller
        }
    }

    private let instance: String
    private let world: World
    private let dispatcher: Dispatcher
    /// The calls that it was sent.
    private(set) var calls = 0
    private var peers: [Peer] = []
    private(set) var isFrozen = false
    private(set) var isAlive = true
    private var thawed: [CheckedContinuation<Void, Never>] = []

    init(_ instance: String, in world: World, _ ledger: Ledger) {
        self.instance = instance
        self.world = world
        let service = SimulatedService(ledger)
        guard
            let dispatcher = try? Dispatcher(
                service, contract: SimulatedContract.description, verifier: NoTokens(), maxInFlight: 200)
        else { world.fail("contract and service do not fit together") }
        self.dispatcher = dispatcher
        service.process.value = self
    }

    func accept(_ link: Link, from caller: SimulatedCaller) { peers.append(Peer(link, caller)) }

    func receive(_ message: RPCMessage, by link: Link) {
        guard let peer = peers.first(where: { $0.link === link }),
            let head = try? message.head.withUnsafeBytes({ bytes in try Headers(bytes) })
        else { return }
        let age = head.withValue(of: .sent) { SendTime($0) }.map { peer.transit.age(of: $0) }
        let id = message.preamble.id
        switch message.preamble.kind {
        case .hello:
            var head = Headers()
            head.add(.serverInstance, instance)
            send(RPCMessage(Preamble(.hello, id: id), head), to: peer)
        case .ping: send(RPCMessage(Preamble(.pong, id: id)), to: peer)
        case .request: begin(Call(message.preamble, head, message.body), id, age, of: peer)
        case .cancel: peer.running[id]?.cancel()
        case .reply, .pong, .goAway: break
        }
    }

    private func begin(_ call: Call, _ id: UInt64, _ age: Int64?, of peer: Peer) {
        var call = call
        if !call.isInternal { calls += 1 }
        if let age, age > 1 {
            call.waitingSince = call.received
            call.received -= .milliseconds(age - 1)
        }
        let isOver = Later<Bool>()
        let running = dispatcher.start(call) { [weak self] reply, call in
            isOver.value = true
            peer.running[id] = nil
            self?.send(.reply(reply, to: call, id: id), to: peer)
        }
        if isOver.value == nil { peer.running[id] = running }
    }

    private func send(_ message: RPCMessage, to peer: Peer) {
        guard isAlive else { return }
        Task {
            await untilThawed()
            guard isAlive else { return }
            peer.link.deliver(to: .client) { peer.caller.receive(message, by: peer.link) }
        }
    }

    /// Waits while the process is frozen: none of its threads runs.
    func untilThawed() async {
        while isFrozen { await withCheckedContinuation { thawed.append($0) } }
    }

    func freeze(_ isFrozen: Bool) {
        self.isFrozen = isFrozen
        guard !isFrozen else { return }
        for continuation in thawed { continuation.resume() }
        thawed = []
    }

    func drain() {
        dispatcher.beginDraining()
        for peer in peers { send(RPCMessage(Preamble(.goAway, id: 0)), to: peer) }
    }

    func stop() async {
        dispatcher.beginStopping()
        let end = ContinuousClock.now + .seconds(15)
        while peers.contains(where: { !$0.running.isEmpty }), end > .now {
            try? await Task.sleep(for: .milliseconds(1))
        }
        // A call that was sent before its client knew of the stop is refused, as long as another front has calls.
        try? await Task.sleep(for: .milliseconds(10))
    }

    func end(cutsLinks: Bool) {
        world.require(isAlive, "a process ends twice")
        isAlive = false
        freeze(false)
        if cutsLinks { cutLinks() }
        for peer in peers { forget(peer.link) }
    }

    /// The peers learn of it once what was sent has arrived.
    func cutLinks() {
        let ended = peers
        for peer in ended {
            forget(peer.link)
            peer.link.deliver(to: .client) { peer.caller.lose(peer.link) }
        }
    }

    func forget(_ link: Link) {
        guard let place = peers.firstIndex(where: { $0.link === link }) else { return }
        for call in peers.remove(at: place).running.values { call.cancel() }
    }

    /// Nothing is held of any call.
    var isIdle: Bool { dispatcher.callsInFlight == 0 && peers.allSatisfy(\.running.isEmpty) }
}
