/// A name that a new service can have: `greeting`, and what follows from it.
package struct ServiceName: Equatable, Sendable {
    /// On the wires, in paths and settings.
    package let lowercase: String

    /// Of types and modules.
    package var capitalized: String { lowercase.prefix(1).uppercased() + lowercase.dropFirst() }

    /// Of settings.
    var uppercase: String { lowercase.uppercased() }

    /// The service that is copied.
    static let template = ServiceName(trusted: "boilerplate")

    private init(trusted: String) {
        lowercase = trusted
    }

    /// - Throws: ``ScaffoldError/refused(_:)`` if the text is no name, or means something else to Swift or to this
    /// family.
    package init(_ text: String) throws(ScaffoldError) {
        guard text.wholeMatch(of: /[a-z][a-z0-9]{1,31}/) != nil else {
            throw .refused("“\(text)” is no name: a service's has 2 to 32 of a-z and 0-9, and begins with a letter.")
        }
        guard !Self.keywords.contains(text) else {
            throw .refused("“\(text)” is a word of Swift's. Choose another name.")
        }
        guard !Self.modules.contains(text) else {
            throw .refused("“\(text)” is the name of a library or of its types. Choose another name.")
        }
        guard !Self.ours.contains(text), !text.contains(Self.template.lowercase) else {
            throw .refused("“\(text)” means something to star already. Choose another name.")
        }
        lowercase = text
    }

    private static let keywords = words(
        """
        actor any as associatedtype async await borrowing break case catch class consuming continue default defer deinit
        do dynamic else enum extension fallthrough false fileprivate final for func get guard if import in indirect infix
        init inout internal is isolated lazy let macro mutating nil none nonisolated open operator optional override
        package postfix precedencegroup prefix private protocol public repeat required rethrows return self sending set
        some static struct subscript super switch throw throws true try type typealias unowned var weak where while
        """)

    /// Modules that are in every build beside those `Package.swift` names, and types that every file sees.
    private static let modules = words(
        """
        algorithms array atomics bool character codable collections comparable cxx data date decimal decodable dictionary
        dispatch distributed double duration encodable equatable error float foundation glibc hashable identifiable
        instrumentation int iterator musl never nio numerics observation result sendable sequence string swift
        synchronization task testing tracing url uuid void xctest
        """)

    /// Names that commands and members of `ServiceDefinition` use.
    private static let ours = words("all build built contract kit member name names port verifier")

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
