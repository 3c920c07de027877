import RPC
import Testing

enum IdentityChecks {
    static let checks = [
        ConformanceCheck("A call has the trace of the call that caused it", trace),
        ConformanceCheck("A call carries the data of other tracing systems", traceState),
        ConformanceCheck("A handler knows the endpoint's qualified name", name),
        ConformanceCheck("A call has the position in its trace that its caller has given it", span),
        ConformanceCheck("A call carries the caller's own id for it", requestID),
    ]

    static func trace(_ rig: ConformanceRig) async throws {
        let context = CallContext(endpoint: "a.b")
        let circumstances = try await rig.client.call(TrialContract.context, in: context)
        #expect(circumstances.trace == context.trace.traceID)
        #expect(rig.replies.map(\.trace.traceID) == [context.trace.traceID])
        let other = try await rig.client.call(TrialContract.context)
        #expect(other.trace != context.trace.traceID)
    }

    static func traceState(_ rig: ConformanceRig) async throws {
        let parent = TraceContext.root().header
        let trace = try #require(TraceContext(header: parent, state: "rojo=00f067aa0ba902b7,congo=t61 x"))
        let context = CallContext(endpoint: "a.b", trace: trace)
        _ = try await rig.client.call(TrialContract.context, in: context)
        #expect(rig.replies.map(\.trace.state) == [trace.state])
    }

    static func name(_ rig: ConformanceRig) async throws {
        let circumstances = try await rig.client.call(TrialContract.context)
        #expect(circumstances.endpoint == "trial.context")
    }

    static func span(_ rig: ConformanceRig) async throws {
        let trace = TraceContext.root()
        _ = await rig.send(TrialContract.nothing, trace: trace)
        #expect(rig.replies.map(\.trace) == [trace])
    }

    static func requestID(_ rig: ConformanceRig) async throws {
        _ = await rig.send(TrialContract.nothing, requestID: "r-1/e")
        _ = await rig.send(TrialContract.crash, requestID: "r-2")
        #expect(rig.replies.map(\.requestID) == ["r-1/e", "r-2"])
    }
}
