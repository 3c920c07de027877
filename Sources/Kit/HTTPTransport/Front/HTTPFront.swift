internal import EventLoop
import Glibc
import NIOCore
public import RPC
import Sockets
import Synchronization

/// Serves a dispatcher's contracts over HTTP/1.1, on SwiftNIO.
///
/// It translates and decides nothing; what it answers itself is OPTIONS, the ``Page``s, and the 400 to what is not HTTP.
/// A connection is accepted on a thread of the front. A request is read on its connection's event loop, answered on the
/// service's thread, and written by the event loop again.
/// A client that closes its connection cancels the call it waits for.
public final class HTTPFront: Front {
    static let refusedRequests = "http_server_requests_refused_total"

    /// The names of the metrics, each with a sentence about it.
    public static let help = [
        refusedRequests: "Requests refused before they were read as calls, because those could not have begun in time."
    ]

    private let settings: FrontSettings
    private let responder: Responder
    let connections: ConnectionRegistry
    private let acceptor = Mutex<Acceptor?>(nil)

    /// Makes a front that does not listen yet.
    ///
    /// - Parameters:
    ///   - dispatcher: answers the calls; its contracts are what is served.
    ///   - settings: where to listen, and what the limits are.
    ///   - pages: served beside the contracts.
    /// - Throws: ``RouteConflict`` if a page has the path of an endpoint or of another page.
    public init(
        _ dispatcher: Dispatcher, settings: FrontSettings = FrontSettings(), pages: [Page] = []
    ) throws(RouteConflict) {
        self.settings = settings
        connections = ConnectionRegistry(limit: settings.connectionLimit)
        responder = try Responder(dispatcher, pages: pages, settings: settings)
    }

    /// The memory for bodies that come in several parts.
    var bodyBudget: BodyBudget { responder.bodyBudget }

    /// Starts to listen.
    ///
    /// - Returns: the URLs by which this machine reaches the front, with the real port if the settings ask for any.
    /// - Throws: the system's error if an address cannot be had; a sentence if a host has none.
    public func start() async throws -> [String] {
        let addresses = try ListenAddress.resolve(settings.hosts)
        let acceptor = try makeAcceptor()
        self.acceptor.withLock { $0 = acceptor }
        do {
            var port = settings.port
            var urls: [String] = []
            for (host, addresses) in addresses {
                port = try await listen(at: addresses, port, acceptor)
                urls.append(Self.url(host: host, port: port))
            }
            return urls
        } catch {
            await stopAccepting()
            throw error
        }
    }

    private func makeAcceptor() throws(SystemError) -> Acceptor {
        let (responder, settings) = (responder, settings)
        return try Acceptor(connections) { channel, entry in
            if settings.expectsProxyHeader(of: channel) {
                try channel.pipeline.syncOperations.addHandler(
                    ProxyProtocolHandler(isRequired: settings.proxyProtocol == .required))
            }
            try channel.pipeline.syncOperations.addHandler(
                ConnectionHandler(responder, entry, idleTimeout: settings.idleTimeout))
        }
    }

    /// Listens at each of a host's addresses that the machine has.
    ///
    /// - Returns: the port.
    private func listen(at addresses: [ListenAddress], _ port: Int, _ acceptor: Acceptor) async throws -> Int {
        var port = port
        var isListening = false
        for (index, address) in addresses.enumerated() {
            do {
                let descriptor = try address.listen(port: port)
                port = Int(Sockets.SocketAddress.port(of: descriptor))
                try await acceptor.listen(at: descriptor)
                isListening = true
                // An IPv6 wildcard takes IPv4 as well.
                if address.isDualStack { break }
            } catch let error as ListenError
                where address.isOptional && error.isMissingAddress && (isListening || index < addresses.count - 1)
            {}
        }
        return port
    }

    /// Asks each client to leave, by `Connection: close`; calls are still answered.
    public func drain() async {
        responder.drain()
    }

    /// Stops to listen, refuses new calls, waits for the calls in flight at most as long as the settings say, and closes
    /// every connection.
    public func stop() async {
        responder.stop()
        guard await stopAccepting() else { return }
        await connections.close(by: .now() + TimeAmount(settings.shutdownTimeout))
    }

    /// - Returns: false if it did not listen.
    @discardableResult
    private func stopAccepting() async -> Bool {
        guard let acceptor = acceptor.withLock({ $0.take() }) else { return false }
        await acceptor.close()
        await acceptor.thread.shutdown()
        return true
    }
}

extension HTTPFront.FrontSettings {
    fileprivate func expectsProxyHeader(of channel: any Channel) -> Bool {
        proxyProtocol != .off && channel.remoteAddress?.ipAddress.map(trustedProxies.trusts) == true
    }
}

extension HTTPFront {
    /// The settings of a front.
    public struct FrontSettings: Sendable {
        /// The addresses to listen at: IPv4, IPv6 with or without brackets, names, or `*` for every address of the machine.
        public var hosts: [String]
        /// The port to listen at; 0 takes any that is free, the same at each address.
        public var port: Int
        /// The largest request body, in bytes. A larger one is answered with 413, and its connection is closed.
        public var bodyLimit: Int
        /// The memory for request bodies that come in several parts, over all connections, in bytes. A body that finds none
        /// is answered with 503, and its connection is closed.
        public var bodyMemoryLimit: Int
        /// The time that the body of a request may take to arrive. A slower one is answered with 408, and its connection is
        /// closed.
        public var bodyTimeout: Duration
        /// The number of connections at a time. At the limit, the one that has been idle for longest makes room for the next.
        public var connectionLimit: Int
        /// The time after which a connection without a request is closed, and in which the head of a request must be complete.
        public var idleTimeout: Duration
        /// The pages of other origins that may call.
        public var cors: CORSPolicy
        /// The reverse proxies that are trusted to name a client's address and the service's URL.
        public var trustedProxies: TrustedProxies
        /// If their connections begin with a header that names the client.
        public var proxyProtocol: ProxyProtocol
        /// The time between two heartbeats of a stream. Proxies end a connection that is silent, often after 60 seconds.
        public var heartbeatInterval: Duration
        /// The time that ``HTTPFront/stop()`` waits for calls in flight.
        public var shutdownTimeout: Duration

        /// Settings; without arguments, those of a front that only this machine reaches.
        public init(
            hosts: [String] = ["127.0.0.1"], port: Int = 0, bodyLimit: Int = 1 << 20,
            bodyMemoryLimit: Int = 64 << 20, bodyTimeout: Duration = .seconds(30), connectionLimit: Int = .max,
            idleTimeout: Duration = .seconds(75),
            cors: CORSPolicy = .none, trustedProxies: TrustedProxies = .none,
            proxyProtocol: ProxyProtocol = .off, heartbeatInterval: Duration = .seconds(15),
            shutdownTimeout: Duration = .seconds(5)
        ) {
            self.hosts = hosts
            self.port = port
            self.bodyLimit = bodyLimit
            self.bodyMemoryLimit = bodyMemoryLimit
            self.bodyTimeout = bodyTimeout
            self.connectionLimit = connectionLimit
            self.idleTimeout = idleTimeout
            self.cors = cors
            self.trustedProxies = trustedProxies
            self.proxyProtocol = proxyProtocol
            self.heartbeatInterval = heartbeatInterval
            self.shutdownTimeout = shutdownTimeout
        }
    }

    /// The URL by which this machine reaches a front that listens at an address.
    ///
    /// - Parameter host: as in ``FrontSettings/hosts``. A wildcard is reached over the loopback interface.
    public static func url(host: String, port: Int) -> String {
        let host = ListenAddress.unbracketed(host)
        guard !ListenAddress.isWildcard(host) else { return "http://127.0.0.1:\(port)" }
        // RFC 3986, section 3.2.2.
        return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
}
