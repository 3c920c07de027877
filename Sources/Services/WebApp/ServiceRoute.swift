public import Contracts
import Endpoints
public import RPC

/// The way to another service, and its name for visitors.
public struct ServiceRoute: Sendable {
    let caller: any Caller
    let link: Link

    public init(_ caller: any Caller, link: Link = .inProcess) {
        self.caller = caller
        self.link = link
    }

    /// A client whose calls are among the spans that visitors are shown.
    func recordedClient<C: Contract>(of _: C.Type) -> Client<C> {
        Client(caller, interceptors: [SpanRecorder(link: link)] + [any ClientInterceptor].tracing)
    }
}
