/// Turns what is written of the boilerplate into the same of another service: names in three spellings, and ports.
struct Substitutions: Sendable {
    let name: ServiceName
    /// The port for HTTP; in containers, ZeroMQ's is a thousand more.
    let port: Int
    let templatePort: Int

    static let portOfZeroMQ = 1000

    func callAsFunction(_ text: String) -> String {
        let template = ServiceName.template
        return
            text
            .replacing(template.capitalized, with: name.capitalized)
            .replacing(template.lowercase, with: name.lowercase)
            .replacing(template.uppercase, with: name.uppercase)
            .replacing(/[0-9]+/) { number in replacement(for: String(number.output)) }
    }

    private func replacement(for number: String) -> String {
        switch Int(number) {
        case templatePort: String(port)
        case templatePort + Self.portOfZeroMQ: String(port + Self.portOfZeroMQ)
        default: number
        }
    }
}
