import Background
import Testing

@Suite("Work for many who wait", .timeLimit(.minutes(1)))
struct SingleFlightTests {
    @Test("gives its result to those who wait, and to who comes later")
    func result() async {
        let flight = SingleFlight<Int>()
        async let results = withTaskGroup(of: Int?.self) { group in
            for _ in 0..<50 { group.addTask { await flight.value() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await Task.yield()
        flight.complete(with: 7)
        flight.complete(with: 8)
        #expect(await results == Array(repeating: 7, count: 50))
        #expect(await flight.value() == 7)
    }

    @Test("gives nothing to a task that is cancelled, and its result to the others")
    func cancellation() async {
        let flight = SingleFlight<Int>()
        let (patient, hasty) = (Task { await flight.value() }, Task { await flight.value() })
        hasty.cancel()
        #expect(await hasty.value == nil)
        let late = Task { await flight.value() }
        late.cancel()
        #expect(await late.value == nil)
        flight.complete(with: 7)
        #expect(await patient.value == 7)
    }

    @Test("goes on if the task that has begun it is cancelled, and is part of its trace")
    func begun() async {
        let first = Task {
            Context.$name.withValue("first") {
                SingleFlight {
                    try? await Task.sleep(for: .milliseconds(10))
                    return (isCancelled: Task.isCancelled, name: Context.name)
                }
            }
        }
        first.cancel()
        let seen = await first.value.value()
        #expect(seen?.isCancelled == false && seen?.name == "first")
    }
}

private enum Context {
    @TaskLocal static var name = "none"
}
