public import Endpoints
public import Foundation

/// A version of a service's changes: a number in a series.
public struct Edition: Sendable, Hashable {
    /// The name of the series. Another name than before says that the numbers have begun anew, and that nothing counts
    /// which was known.
    public let series: String
    /// The number of the last change; the first one is 1.
    public let number: Int

    public init(series: String, number: Int) {
        self.series = series
        self.number = number
    }
}

/// A message that a service publishes to all subscribers: that something has changed.
///
/// Bulletins may be lost, and are never sent again. So each says what number the news is at; whoever has missed one
/// notices at the next, and asks for what it has missed at the endpoint that the topic names.
public struct Bulletin: Sendable, Equatable {
    /// The qualified name of the endpoint that returns what was missed.
    public let topic: String
    public let edition: Edition
    /// The changes, as the endpoint would return them; empty where nothing has, and the bulletin is a heartbeat.
    public let body: Data

    public init(topic: String, edition: Edition, body: Data = Data()) {
        self.topic = topic
        self.edition = edition
        self.body = body
    }
}

/// The sending side of news, whatever the transport.
public protocol NewsPublisher: Sendable {
    /// Sends a bulletin to everybody who listens now, and from then on repeats its number as a heartbeat, at least
    /// once in ``NewsFollower/beat``.
    func publish(_ bulletin: Bulletin) async
}

/// Somebody who keeps up with a service's news.
public protocol NewsReader: Sendable {
    /// Takes in a bulletin.
    ///
    /// - Returns: whether nothing is missing between what was known and what the bulletin tells.
    func read(_ bulletin: Bulletin) -> Bool

    /// Asks the service for whatever is not known yet.
    func catchUp() async throws(Problem)
}
