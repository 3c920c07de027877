extension Page {
    /// The page that a request gets: of the media types that its `Accept` names, the first that there is; the page
    /// itself where it names none of them. Weights are not looked at (RFC 9110, section 12.5.1, leaves the choice to
    /// the server).
    func accepted(by accept: String?) -> Page {
        guard let accept, !alternatives.isEmpty else { return self }
        for range in accept.split(separator: ",") {
            let wanted = Self.mediaType(range)
            if let page = ([self] + alternatives).first(where: { Self.mediaType($0.contentType[...]) == wanted }) {
                return page
            }
        }
        return self
    }

    /// Without parameters, in lower case.
    private static func mediaType(_ text: Substring) -> String {
        text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
