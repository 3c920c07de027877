/// A name in a settings file or in the environment that is no setting.
public struct UnknownSetting: Equatable, Sendable {
    /// The name, as it was written.
    public let name: String
    /// `the environment`, or the file and the line.
    public let place: String
    /// The setting that was probably meant.
    public let nearest: String?
}

/// The names that settings go by.
struct KnownNames {
    private let names: [String]

    init(_ settings: [SettingDescription]) {
        names = settings.flatMap { [$0.name] + ($0.fileName.map { [$0] } ?? []) }
    }

    /// - Returns: `nil` if the name is known.
    func unknown(_ shown: String, at place: String, is name: String) -> UnknownSetting? {
        guard !names.contains(name) else { return nil }
        return UnknownSetting(name: shown, place: place, nearest: nearest(to: name))
    }

    /// The known name that differs in case only, or by few letters.
    private func nearest(to name: String) -> String? {
        let letters = Array(name.uppercased().utf8)
        let distances = names.compactMap { known -> (name: String, distance: Int)? in
            let tolerated = min(3, known.utf8.count / 4)
            // A service looks all of its environment up at its start.
            guard abs(known.utf8.count - letters.count) <= tolerated else { return nil }
            let distance = Self.distance(letters, Array(known.utf8))
            return distance <= tolerated ? (known, distance) : nil
        }
        return distances.min { $0.distance < $1.distance }?.name
    }

    /// The number of letters to insert, to remove or to replace (Levenshtein).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let replaced = diagonal + (letter == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }
}

/// A variable that Kubernetes sets in every container for each Service of the namespace: of one that is called `cart-http`,
/// `CART_HTTP_PORT=tcp://10.96.0.17:80`. It is no setting, whatever its name.
enum ServiceLink {
    static func isOne(_ name: String, _ text: String) -> Bool {
        name.hasSuffix("_PORT") && text.wholeMatch(of: /(tcp|udp|sctp):\/\/.+:[0-9]+/) != nil
    }
}
