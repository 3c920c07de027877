/// A listener's way to one publisher: it connects by itself, again and again. It lives on the listener's thread.
protocol NewsFeed: AnyObject {
    /// Lets go of the connection.
    func close()
}
