public import Endpoints
public import Foundation

/// A position in the stream of a service's changes.
public struct StreamPosition: Sendable, Hashable {
    /// The id of the stream. If it differs from before, the numbers have begun anew: discard all cached state.
    public let epoch: String
    /// The number of the last change; the first one is 1.
    public let sequence: Int

    /// The position of a change.
    public init(epoch: String, sequence: Int) {
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// A message that a service publishes to all subscribers: that something has changed.
///
/// Events may be lost, and are never sent again. So each has a position; a subscriber that missed one notices at the
/// next, and requests what it missed from the endpoint that the topic names.
public struct Event: Sendable, Equatable {
    /// The qualified name of the endpoint that returns what was missed.
    public let topic: String
    /// The position of its last change.
    public let position: StreamPosition
    /// The changes, as the endpoint would return them; empty for a heartbeat.
    public let body: Data

    /// An event; without a body it says only that there is a change.
    public init(topic: String, position: StreamPosition, body: Data = Data()) {
        self.topic = topic
        self.position = position
        self.body = body
    }
}

/// The sending side of events, over any transport.
public protocol EventPublisher: Sendable {
    /// Sends an event to all current subscribers, and repeats its position as a heartbeat from then on, at least once in
    /// ``SubscriptionMonitor/heartbeatInterval``.
    func publish(_ event: Event) async
}

/// A consumer of a service's events.
public protocol EventSubscriber: Sendable {
    /// Applies an event.
    ///
    /// - Returns: true if no event is missing before it.
    @discardableResult
    func apply(_ event: Event) -> Bool

    /// Requests everything that is not known yet from the service.
    func resync() async throws(Problem)
}

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
