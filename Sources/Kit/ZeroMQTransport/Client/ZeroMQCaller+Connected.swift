public import Endpoints
public import ZeroMQ

extension ZeroMQCaller {
    /// Runs a closure with a caller on a thread of its own, and releases both afterwards: for a program that is no service,
    /// such as a command or a test.
    ///
    /// ```swift
    /// let contract = try await ZeroMQCaller.connected(to: Address("ipc://.run/greeting.sock")) { caller in
    ///     try await Client<MetaContract>(caller).call(MetaContract.contract)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - contract: what this side was written for: see ``init(_:on:context:contract:security:maxReply:)``.
    ///   - security: for a `tcp://` address.
    /// - Throws: `ZeroMQError` if the socket or the thread cannot be made; whatever the closure throws.
    public static func connected<Result>(
        to address: Address, contract: ContractDescriptor? = nil, security: SocketOptions.Security = .none,
        _ body: (ZeroMQCaller) async throws -> Result
    ) async throws -> Result {
        let context = try Context()
        let thread = try SocketThread(name: "caller")
        let caller = ZeroMQCaller(address, on: thread, context: context, contract: contract, security: security)
        func release() async {
            await caller.close()
            await thread.shutdown()
            context.terminate()
        }
        do {
            try await caller.start()
            let result = try await body(caller)
            await release()
            return result
        } catch {
            await release()
            throw error
        }
    }
}
