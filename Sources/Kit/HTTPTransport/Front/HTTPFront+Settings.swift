extension HTTPFront {
    /// What can be set about a front.
    public struct Settings: Sendable {
        /// The address to listen on, or a name that resolves to it.
        public var host: String
        /// The port to listen on; 0 takes any that is free.
        public var port: Int
        /// The longest request body, in bytes. A longer one is answered with 413 and its connection is closed.
        public var bodyLimit: Int
        /// How long a connection may say nothing, or take to send the header of a request, before it is closed.
        public var idleTimeout: Duration
        /// How long ``HTTPFront/stop()`` waits for calls in flight.
        public var stopTimeout: Duration

        public init(
            host: String = "127.0.0.1", port: Int = 0, bodyLimit: Int = 1 << 20, idleTimeout: Duration = .seconds(60),
            stopTimeout: Duration = .seconds(5)
        ) {
            self.host = host
            self.port = port
            self.bodyLimit = bodyLimit
            self.idleTimeout = idleTimeout
            self.stopTimeout = stopTimeout
        }

        /// Host and port as a URL writes them: an IPv6 address stands in brackets (RFC 3986, section 3.2.2).
        func authority(port: Int) -> String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
