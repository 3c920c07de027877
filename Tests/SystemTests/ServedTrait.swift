import Testing

/// Runs all services in one process, once for a whole suite, with the users ada (who may see the time) and bob (who may
/// not).
struct ServedTrait: SuiteTrait, TestScoping {
    @TaskLocal static var site: Site?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Site.open { site in
            try await site.addUser("ada", password: "correct horse", permissions: "time")
            try await site.addUser("bob", password: "battery staple", permissions: "tide")
            try await site.serve("all")
            try await Self.$site.withValue(site) { try await function() }
        }
    }
}

extension Trait where Self == ServedTrait {
    static var served: Self { ServedTrait() }
}
