import Hosting

/// The services that the files of a repository name.
struct ProjectFiles {
    private let files: [String: String]
    private let ports: [Int]
    let templatePort: Int

    /// - Throws: ``ScaffoldError/unsuitable(_:)`` if there is no boilerplate.
    init(_ files: [String: String]) throws(ScaffoldError) {
        self.files = files
        let members = files.filter { $0.key.hasPrefix("Sources/star/Services/ServiceDefinition+") }
        ports = members.values.compactMap(Self.port)
        guard let template = members["Sources/star/Services/ServiceDefinition+Boilerplate.swift"],
            let port = Self.port(of: template)
        else {
            throw .unsuitable(
                "Sources/star/Services/ServiceDefinition+Boilerplate.swift does not say the boilerplate's port.")
        }
        templatePort = port
    }

    /// - Throws: ``ScaffoldError/refused(_:)`` if a target, a product or a type has the name.
    func checkIsFree(_ name: ServiceName) throws(ScaffoldError) {
        let package = files["Package.swift"] ?? ""
        let targets = package.matches(of: /"([A-Za-z0-9_]+)"/).map { $0.1.lowercased() }
        guard !targets.contains(name.lowercase) else {
            throw .refused("“\(name.lowercase)” is taken: Package.swift names it already.")
        }
        let file = files.keys.sorted().first { isVisible($0) && files[$0]?.declares(name.capitalized) == true }
        if let file { throw .refused("“\(name.lowercase)” is taken: \(file) has a type of that name.") }
    }

    /// True for the files of services and commands, and of the modules that the boilerplate imports: a type elsewhere does
    /// not meet a service of its name.
    private func isVisible(_ path: String) -> Bool {
        guard path.hasPrefix("Sources/"), path.hasSuffix(".swift") else { return false }
        guard path.hasPrefix("Sources/Kit/") else { return true }
        let module = path.split(separator: "/")[2]
        return files.contains { file, text in
            (file.hasPrefix("Sources/Services/Boilerplate/") || file.hasSuffix("ServiceDefinition+Boilerplate.swift"))
                && text.contains("import \(module)\n")
        }
    }

    /// - Returns: the port; by default ten after the highest, or the next multiple of ten after it that browsers open.
    func free(_ port: Int?) throws(ScaffoldError) -> Int {
        let port = port ?? nextPort
        let highest = 65_535 - Substitutions.portOfZeroMQ
        guard (1024...highest).contains(port) else {
            throw .refused("\(port) is no port for a service: choose one from 1024 to \(highest).")
        }
        guard !ports.contains(port) else { throw .refused("Port \(port) is taken by another service.") }
        guard !BrowserPorts.blocked.contains(port) else {
            throw .refused("Browsers refuse to open port \(port). Choose another.")
        }
        return port
    }

    private var nextPort: Int {
        var port = (ports.max() ?? templatePort) + 10
        while BrowserPorts.blocked.contains(port) { port += 10 }
        return port
    }

    private static func port(of text: String) -> Int? {
        text.firstMatch(of: /[pP]ort(?:: | = )([0-9]+)/).flatMap { Int($0.1) }
    }
}

extension String {
    /// True if a type of that name is declared at the top level of this source, for other files too.
    fileprivate func declares(_ type: String) -> Bool {
        contains(" \(type)")
            && matches(
                of: /(?m)^(?:(?:public|package|final|indirect) )*(?:actor|class|enum|protocol|struct|typealias) (\w+)/
            )
            .contains { $0.1 == type }
    }
}
