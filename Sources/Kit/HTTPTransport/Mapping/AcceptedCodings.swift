import Foundation

/// The content codings that a client takes, each with its weight (RFC 9110, section 12.5.3).
///
/// A client that takes neither of the two that there are gets the content as it is: an answer that it may not be able to read
/// says more than none.
struct AcceptedCodings {
    /// Thousandths.
    private var gzip: Int?
    private var identity: Int?
    /// The weight of the codings that are not named.
    private var others: Int?

    /// True if gzip is taken, and has no lower weight than the content as it is, whose weight is the lowest if it is not named.
    var prefersGzip: Bool {
        let weight = gzip ?? others ?? 0
        return weight > 0 && weight >= identity ?? others ?? 0
    }

    /// Reads a field. The values of several are one list.
    mutating func add(_ field: String) {
        for coding in field.lowercased().split(separator: ",") {
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, let weight = Self.weight(parts.dropFirst()) else { continue }
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": others = weight
            default: break
            }
        }
    }

    /// The weight among the parameters of a coding, in thousandths (section 12.4.2).
    ///
    /// - Returns: `nil` if it cannot be read.
    private static func weight(_ parameters: some Sequence<String>) -> Int? {
        guard let text = parameters.first(where: { $0.hasPrefix("q=") })?.utf8.dropFirst(2) else { return 1000 }
        guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"),
            text.count == 1 || text.dropFirst().first == UInt8(ascii: "."), text.count <= 5,
            text.dropFirst(2).allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        let digits = String(decoding: [first] + text.dropFirst(2), as: UTF8.self)
        guard let weight = Int(digits.padding(toLength: 4, withPad: "0", startingAt: 0)) else { return nil }
        return weight <= 1000 ? weight : nil
    }
}
