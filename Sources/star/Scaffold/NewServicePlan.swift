/// All that changes when a service is made. Planning reads nothing and writes nothing: it is given the repository's
/// files, and either has every change in hand or throws.
package struct NewServicePlan: Sendable {
    package let name: ServiceName
    package let port: Int
    /// Files to be made.
    package private(set) var made: [NewFile] = []
    /// Files to be changed.
    package private(set) var changed: [Change] = []
    /// Files that would be changed, were they there.
    package private(set) var missing: [String] = []

    package struct NewFile: Equatable, Sendable {
        package let path: String
        package let text: String
    }

    package struct Change: Equatable, Sendable {
        package let path: String
        let old: String
        let new: String

        /// The lines that are in the new text and were not in the old, in their order.
        package var added: [String] {
            let lines = [old, new].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
            return lines[1].difference(from: lines[0]).insertions.map { insertion in
                switch insertion {
                case .insert(_, let line, _), .remove(_, let line, _): String(line)
                }
            }
        }
    }

    /// - Parameters:
    ///   - port: for HTTP; by default ten after the highest one in the family.
    ///   - files: the repository's, by their paths in it: `Package.swift`, what is in ``Template/roots``, and the files of
    ///     ``Template/insertionPoints(_:)``.
    package init(_ name: ServiceName, port: Int?, files: [String: String]) throws(ScaffoldError) {
        let family = try ProjectFiles(files)
        try family.checkIsFree(name)
        self.name = name
        self.port = try family.free(port)
        let rename = Substitutions(name: name, port: self.port, templatePort: family.templatePort)
        try copy(files, rename)
        try add(files, rename)
    }

    private mutating func copy(_ files: [String: String], _ rename: Substitutions) throws(ScaffoldError) {
        var wordings = Template.wordings(name)
        for (path, text) in files.sorted(by: { $0.key < $1.key }) where path.isOfTemplate {
            let copy = rename.applied(to: path)
            guard files[copy] == nil else { throw .refused("“\(name.lowercase)” is taken: there is \(copy) already.") }
            var renamed = rename.applied(to: text).importsInOrder
            for wording in Template.wordings(name) where text.contains(wording.old) {
                renamed = renamed.replacing(wording.old, with: wording.new)
                wordings.removeAll { $0 == wording }
            }
            made.append(NewFile(path: copy, text: renamed))
        }
        if let wording = wordings.first {
            throw .unsuitable("Nowhere does the boilerplate say “\(wording.old)”, which a new service says otherwise.")
        }
    }

    private mutating func add(_ files: [String: String], _ rename: Substitutions) throws(ScaffoldError) {
        var texts: [String: String] = [:]
        for point in Template.insertionPoints(rename) {
            guard let text = texts[point.path] ?? files[point.path] else {
                guard point.isOptional else { throw .unsuitable("There is no \(point.path).") }
                if !missing.contains(point.path) { missing.append(point.path) }
                continue
            }
            guard let new = point.addition.applied(to: text, rename) else {
                let anchor = point.addition.anchor.split(separator: "\n").joined(separator: " ⏎ ")
                throw .unsuitable("\(point.path) does not have “\(anchor)”, beside which the new service would stand.")
            }
            texts[point.path] = new
        }
        changed = texts.sorted { $0.key < $1.key }.map { path, new in
            Change(path: path, old: files[path] ?? "", new: new)
        }
    }
}

extension String {
    /// True if the path is one of a file that belongs to the boilerplate alone.
    fileprivate var isOfTemplate: Bool { contains(ServiceName.template.capitalized) }

    /// The text with the imports of each run of them in the order of the modules' names.
    fileprivate var importsInOrder: String {
        replacing(/(?m)^(?:(?:public )?import \w+\n)+/) { run in
            run.output.split(separator: "\n").sorted { $0.lastWord < $1.lastWord }.map { $0 + "\n" }.joined()
        }
    }
}

extension Substring {
    fileprivate var lastWord: Substring { self[(lastIndex(of: " ") ?? startIndex)...] }
}
