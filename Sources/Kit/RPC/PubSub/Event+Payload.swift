public import Endpoints

extension Event {
    /// - Parameters:
    ///   - topic: the qualified name of the endpoint that returns what was missed: ``Contract/qualifiedName(of:)``.
    ///   - changes: what that endpoint would return.
    /// - Throws: `EncodingError` if JSON cannot say it.
    public init(topic: String, position: StreamPosition, changes: some Payload) throws {
        self.init(topic: topic, position: position, body: try PayloadCoder.encode(changes))
    }

    /// Reads the changes.
    ///
    /// - Returns: `nil` for a heartbeat.
    /// - Throws: ``Problem/Kind/unavailable`` if they are not of that type.
    public func changes<Changes: Payload>(_ type: Changes.Type = Changes.self) throws(Problem) -> Changes? {
        body.isEmpty ? nil : try PayloadCoder.output(type, from: body)
    }
}
