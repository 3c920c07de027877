/// Something did not happen in time.
package struct Late: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// Checks again and again until there is something; the only pauses of the tests.
///
/// - Parameter event: what is waited for, for the sentence of the failure.
/// - Throws: ``Late`` if there is nothing within the time, and what `find` throws.
@discardableResult
package func eventually<Found>(
    _ event: String = "what the test waits for", within time: Duration = .seconds(20),
    pause: Duration = .milliseconds(10), _ find: () async throws -> Found?
) async throws -> Found {
    let deadline = ContinuousClock.now + time
    while true {
        if let found = try await find() { return found }
        guard ContinuousClock.now < deadline else { throw Late(description: "In \(time) it did not happen: \(event)") }
        try await Task.sleep(for: pause)
    }
}

/// Checks again and again until a condition holds; see the other one.
package func eventually(
    _ event: String = "what the test waits for", within time: Duration = .seconds(20),
    pause: Duration = .milliseconds(10), _ condition: () async throws -> Bool
) async throws {
    try await eventually(event, within: time, pause: pause) { () -> Void? in try await condition() ? () : nil }
}
