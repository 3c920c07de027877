/// The reason why no service is made: a sentence. Nothing has been written then.
enum ScaffoldError: Error, Equatable, CustomStringConvertible {
    /// The name, or the port, is not one to give.
    case refused(String)
    /// The repository is not as the template takes it to be.
    case unsuitable(String)

    var description: String {
        switch self {
        case .refused(let sentence), .unsuitable(let sentence): sentence
        }
    }
}
