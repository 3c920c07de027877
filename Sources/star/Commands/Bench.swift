import ArgumentParser

/// `star bench`.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Compares the latency of ZeroMQ and HTTP in one run.")

    func run() async throws {}
}
