import RPC

@testable import ZeroMQTransport

/// A proxy before a replica: it keeps the connections of its clients while the process behind it is replaced, and repeats
/// their HELLO to the next one.
final class SimulatedRelay: @unchecked Sendable {
    private final class Client {
        let link: Link
        let caller: SimulatedCaller
        var hello: RPCMessage?
        /// Sent while there was no process.
        var held: [RPCMessage] = []

        init(_ link: Link, _ caller: SimulatedCaller) {
            self.link = link
            self.caller = caller
        }
    }

    private var clients: [Client] = []
    private var process: SimulatedProcess?

    func accept(_ link: Link, from caller: SimulatedCaller) {
        clients.append(Client(link, caller))
        process?.accept(link, from: caller)
    }

    func receive(_ message: RPCMessage, by link: Link) {
        guard let client = clients.first(where: { $0.link === link }) else { return }
        if message.preamble.kind == .hello { client.hello = message }
        if let process {
            process.receive(message, by: link)
        } else if message.preamble.kind != .hello {
            client.held.append(message)
        }
    }

    func forget(_ link: Link) { clients.removeAll { $0.link === link } }

    /// - Parameter process: `nil` if the last one has ended.
    func connect(to process: SimulatedProcess?) {
        self.process = process
        guard let process else { return }
        for client in clients {
            process.accept(client.link, from: client.caller)
            for message in [client.hello].compactMap(\.self) + client.held { process.receive(message, by: client.link) }
            client.held = []
        }
    }
}
