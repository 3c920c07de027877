import Endpoints

/// The bench's own service: it gives back what it gets, so that calls of any size can be timed.
enum EchoContract: Contract {
    static let name = "bench"
    static let version = "1.0.0"
    static let summary = "Gives back what it gets."

    static let echo = Endpoint<Text, Text>(
        "echo", .post, "/api/v1/bench/echo", access: .permission("time"), idempotent: true,
        summary: "Gives back the text.")

    static let endpoints = Endpoints { echo }

    struct Text: Payload, Equatable {
        static let schema = Schema.object(.required("text", .string(example: "xxxx"), "What is given back."))

        let text: String
    }
}
