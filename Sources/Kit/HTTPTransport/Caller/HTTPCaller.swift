import AsyncHTTPClient
public import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
public import RPC
import Synchronization

/// Calls a service over HTTP/1.1, on AsyncHTTPClient. Each caller has a pool of connections of its own.
///
/// ``close()`` must be called before the caller is released; ``connected(to:_:)`` does so.
public final class HTTPCaller: Caller {
    private let base: String
    /// False if the address is not the URL of a server.
    private let isAddress: Bool
    private let replyLimit: Int
    private let pool: ConnectionPool
    private let isReached = Atomic<Bool>(false)

    /// - Parameters:
    ///   - address: of the peer, `http://host:port`.
    ///   - place: where the connections go, in digits, if the host of `address` leads to several places.
    ///   - maxConnections: to the peer at once. A call waits for a free one, and the wait counts in its time.
    ///   - replyLimit: the longest body of a reply, in bytes. A longer one ends the call with
    ///     ``Problem/Kind/unavailable``.
    public init(
        _ address: String, at place: String? = nil, maxConnections: Int = 256, replyLimit: Int = 8 << 20
    ) {
        base = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.replyLimit = replyLimit
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Below the front's idle timeout, so that a connection is not used just as the peer closes it.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = maxConnections
        // A peer that is down is reported at once; whether to try again is not decided here.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The kit's interceptor makes the span of a call. The client would make a second one and replace `traceparent`.
        configuration.tracing.tracer = nil
        let url = URL(string: address)
        isAddress = ["http", "https"].contains(url?.scheme?.lowercased()) && url?.host()?.isEmpty == false
        if let place, let host = url?.host() {
            configuration.dnsOverride[host] = place.trimmingCharacters(in: ["[", "]"])
        }
        pool = ConnectionPool(configuration)
    }

    /// Runs a closure with a caller, which is closed afterwards.
    ///
    /// ```swift
    /// let contract = try await HTTPCaller.connected(to: "http://localhost:5050") { caller in
    ///     try await Client<MetaContract>(caller).call(MetaContract.contract)
    /// }
    /// ```
    ///
    /// - Throws: the error of `body`. A server that is not there is found by the first call.
    public static func connected<Result>(
        to address: String, _ body: (HTTPCaller) async throws -> Result
    ) async throws -> Result {
        let caller = HTTPCaller(address)
        do {
            let result = try await body(caller)
            await caller.close()
            return result
        } catch {
            await caller.close()
            throw error
        }
    }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let deadline = call.received + (call.timeout ?? endpoint.deadline)
        let remaining = ContinuousClock.now.duration(to: deadline)
        guard remaining > .zero else { return .failure(.late) }
        guard isAddress else {
            let detail = "The address of the service is not http://HOST:PORT."
            return .failure(.notConnected(detail, retryAfter: .seconds(1)))
        }
        return await pool.withConnections { connections in
            let start = ContinuousClock.now
            do {
                let request = try HTTPMapping.request(call, endpoint, base: base, remaining: remaining)
                return try await exchange(request, connections, call.timing, endpoint, by: deadline)
            } catch let problem as Problem {
                return .failure(problem)
            } catch {
                let problem = problem(of: error, deadline)
                if problem.kind == .deadlineExceeded { pool.recordTimeout(of: connections, since: start) }
                return .failure(problem)
            }
        }
    }

    public var transport: Transport { .http }

    /// True if the peer replied when it was last called. If it did not, or never was called, `/health/live` is called, for at
    /// most 150 ms.
    public var isConnected: Bool {
        get async {
            if isReached.load(ordering: .relaxed) { return true }
            _ = await call(Call("_health.live", timeout: .milliseconds(150)), HealthContract.live.description)
            return isReached.load(ordering: .relaxed)
        }
    }

    public func close() async {
        await pool.close()
    }

    /// Sends a request and reads the whole response. The client's own deadline covers the header only, so that the task
    /// is cancelled instead.
    private func exchange(
        _ request: HTTPClientRequest, _ connections: ConnectionPool.Generation, _ timing: ReportedTimings?,
        _ endpoint: EndpointDescriptor, by deadline: ContinuousClock.Instant
    ) async throws -> Reply {
        let task = Task.immediate { try await self.exchange(request, connections, timing, endpoint) }
        let timer = TimerQueue.shared.schedule(at: deadline) { task.cancel() }
        defer { TimerQueue.shared.cancel(timer) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func exchange(
        _ request: HTTPClientRequest, _ connections: ConnectionPool.Generation, _ timing: ReportedTimings?,
        _ endpoint: EndpointDescriptor
    ) async throws -> Reply {
        let response = try await connections.client.execute(request, deadline: .distantFuture)
        let body = try await response.body.collect(upTo: replyLimit)
        // A cancelled body ends early, and without an error.
        try Task.checkCancellation()
        isReached.store(true, ordering: .relaxed)
        connections.recordReply()
        timing?.record(header: response.headers[Header.serverTiming].joined(separator: ","))
        return HTTPMapping.reply(
            status: Int(response.status.code), headers: response.headers, body: Data(body.readableBytesView), endpoint)
    }

    private func problem(of error: any Error, _ deadline: ContinuousClock.Instant) -> Problem {
        if ContinuousClock.now >= deadline {
            isReached.store(false, ordering: .relaxed)
            return .deadlineExceeded
        }
        if Task.isCancelled { return .cancelled }
        isReached.store(false, ordering: .relaxed)
        if error is NIOTooManyBytesError {
            return Problem(.unavailable, "The peer's answer is larger than \(replyLimit) bytes.")
        }
        return Self.isUnsent(error) ? .notConnected : .lost
    }

    /// True if the request has certainly not left.
    private static func isUnsent(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: true
        case let error as IOError: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
        case let error as HTTPClientError: error == .connectTimeout || error == .alreadyShutdown
        default: false
        }
    }
}
