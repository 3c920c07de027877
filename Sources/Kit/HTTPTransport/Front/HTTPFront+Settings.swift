extension HTTPFront {
    /// The settings of a front.
    public struct Settings: Sendable {
        /// The addresses to listen at: IPv4, IPv6 with or without brackets, names, or `*` for every address of the machine.
        public var hosts: [String]
        /// The port to listen at; 0 takes any that is free, the same at each address.
        public var port: Int
        /// The largest request body, in bytes. A larger one is answered with 413, and its connection is closed.
        public var bodyLimit: Int
        /// The memory for request bodies that come in several parts, over all connections, in bytes. A body that finds none
        /// is answered with 503, and its connection is closed.
        public var bodyMemoryLimit: Int
        /// The number of connections at a time. At the limit, the one that has been idle for longest makes room for the next.
        public var connectionLimit: Int
        /// The time after which a connection without a request is closed, and in which the head of a request must be complete.
        public var idleTimeout: Duration
        /// The pages of other origins that may call.
        public var cors: CORSPolicy
        /// The proxies whose word on a client's address, and on the service's URL, counts.
        public var trustedProxies: TrustedProxies
        /// If their connections begin with a header that names the client.
        public var proxyProtocol: ProxyProtocol
        /// The time between two heartbeats of a stream. Proxies end a connection that is silent, often after 60 seconds.
        public var heartbeatInterval: Duration
        /// The time that ``HTTPFront/stop()`` waits for calls in flight.
        public var stopTimeout: Duration

        /// Settings; without arguments, those of a front that only this machine reaches.
        public init(
            hosts: [String] = ["127.0.0.1"], port: Int = 0, bodyLimit: Int = 1 << 20,
            bodyMemoryLimit: Int = 64 << 20, connectionLimit: Int = .max, idleTimeout: Duration = .seconds(75),
            cors: CORSPolicy = .none, trustedProxies: TrustedProxies = .none,
            proxyProtocol: ProxyProtocol = .off, heartbeatInterval: Duration = .seconds(15),
            stopTimeout: Duration = .seconds(5)
        ) {
            self.hosts = hosts
            self.port = port
            self.bodyLimit = bodyLimit
            self.bodyMemoryLimit = bodyMemoryLimit
            self.connectionLimit = connectionLimit
            self.idleTimeout = idleTimeout
            self.cors = cors
            self.trustedProxies = trustedProxies
            self.proxyProtocol = proxyProtocol
            self.heartbeatInterval = heartbeatInterval
            self.stopTimeout = stopTimeout
        }
    }

    /// The URL by which this machine reaches a front that listens at an address.
    ///
    /// - Parameter host: as in ``Settings/hosts``. A wildcard is reached over the loopback interface.
    public static func url(host: String, port: Int) -> String {
        let host = ListenAddress.unbracketed(host)
        guard !ListenAddress.isWildcard(host) else { return "http://127.0.0.1:\(port)" }
        // RFC 3986, section 3.2.2.
        return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
}
