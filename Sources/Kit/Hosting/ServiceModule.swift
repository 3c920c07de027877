public import Endpoints
public import HTTPTransport
public import RPC

/// A service of an ``Application``: what it promises, where it listens, and how it is built.
public struct ServiceModule: Sendable {
    /// The contract that it keeps.
    public let contract: ContractDescriptor
    /// The port for HTTP if the settings name no other.
    public let port: Int
    /// The settings that it reads beside ``ServiceSettings``, so that the start can warn of names that are none.
    public let settings: [SettingDescription]
    /// Builds it with what its host provides: an executor, callers of other services.
    public let build: @Sendable (ServiceHost) async throws -> ServiceComponents

    /// A service by the description of its contract; the parameters are the properties.
    public init(
        _ contract: ContractDescriptor, port: Int, settings: [SettingDescription] = [],
        build: @escaping @Sendable (ServiceHost) async throws -> ServiceComponents
    ) {
        self.contract = contract
        self.port = port
        self.settings = settings
        self.build = build
    }

    /// A service by the type of its contract; the parameters are the properties.
    public init(
        _ contract: (some Contract).Type, port: Int, settings: [SettingDescription] = [],
        build: @escaping @Sendable (ServiceHost) async throws -> ServiceComponents
    ) {
        self.init(contract.description, port: port, settings: settings, build: build)
    }

    /// The name of the service, that of its contract.
    public var name: String { contract.name }
}

/// A service that is ready to be served, and what belongs to it.
public struct ServiceComponents: Sendable {
    /// The actor that handles the calls.
    public var service: any Service
    /// Verifies the tokens of the calls.
    public var verifier: any TokenVerifier
    /// Tasks beside the service, until the process ends. If one fails, the process ends with the reason.
    ///
    /// Their type is the one that `async` functions have in a module without SE-0461: a list of any other would be converted
    /// element by element at run time, which ends the process.
    public var background: [@Sendable @concurrent () async throws -> Void]
    /// Interceptors of its calls, beside the tracing.
    public var interceptors: [any ServerInterceptor]
    /// Observers of its replies, beside the log and the metrics.
    public var observers: [any CallObserver]
    /// Pages of its HTTP front beside its contract, documents and metrics.
    public var pages: [Page]
    /// Closes the service's store and the like, once the process has stopped.
    public var close: @Sendable () async -> Void

    /// - Parameter verifier: says who shows a token; by default no token is accepted.
    public init(
        _ service: any Service, verifier: any TokenVerifier = NoTokens(),
        background: [@Sendable @concurrent () async throws -> Void] = [], interceptors: [any ServerInterceptor] = [],
        observers: [any CallObserver] = [], pages: [Page] = [], close: @escaping @Sendable () async -> Void = {}
    ) {
        self.service = service
        self.verifier = verifier
        self.background = background
        self.interceptors = interceptors
        self.observers = observers
        self.pages = pages
        self.close = close
    }
}
