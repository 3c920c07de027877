import Foundation
import Hosting
import StarServices
import Testing

@testable import StarScaffold

/// `star new` without writing: what is planned for this repository.
@Suite("A new service")
struct ScaffoldTests {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

    /// This repository, with the env.example that its code makes.
    private static let files = {
        var files = (try? Checkout(containing: here).files()) ?? [:]
        files["env.example"] = EnvironmentExample.text()
        return files
    }()

    private static func plan(
        _ name: String = "parcel", port: Int? = nil, files: [String: String] = files
    ) throws -> NewServicePlan {
        try NewServicePlan(ServiceName(name), port: port, files: files)
    }

    /// The files after a plan.
    private static func applied(_ plan: NewServicePlan) -> [String: String] {
        var files = files
        for file in plan.made { files[file.path] = file.text }
        for change in plan.changed { files[change.path] = change.new }
        return files
    }

    @Test("has a contract, an actor, handlers, a place in the fleet, and tests")
    func made() throws {
        let paths = try Self.plan().made.map(\.path)
        for path in [
            "Sources/Services/Contracts/ParcelContract.swift", "Sources/Services/Parcel/ParcelService.swift",
            "Sources/star/Services/ServiceDefinition+Parcel.swift", "Tests/ServicesTests/ParcelTests.swift",
        ] { #expect(paths.contains(path)) }
    }

    @Test("says nothing of the boilerplate")
    func renamed() throws {
        let plan = try Self.plan("aparcel")
        for file in plan.made {
            #expect(!file.text.lowercased().contains("boilerplate") && !file.text.contains("5070"), "\(file.path)")
            #expect(!file.text.contains("to start"), "\(file.path)")
        }
        let tests = plan.made.first { $0.path == "Tests/ServicesTests/AparcelTests.swift" }
        #expect(tests?.text.hasPrefix("import Aparcel\nimport Contracts\nimport Endpoints\n") == true)
        let later = try Self.plan("parcel").made.first { $0.path == "Tests/ServicesTests/ParcelTests.swift" }
        #expect(later?.text.contains("import Endpoints\nimport Parcel\nimport RPC\n") == true)
    }

    @Test("joins the package, the fleet, the settings and the article on endpoints")
    func joins() throws {
        let added = Dictionary(uniqueKeysWithValues: try Self.plan().changed.map { ($0.path, $0.added) })
        #expect(added["Package.swift"]?.contains("        service(\"Parcel\", [\"Contracts\", \"RPC\"]),") == true)
        let lists = added["Package.swift"]?.filter { $0.contains(", \"Boilerplate\", \"Parcel\"") } ?? []
        #expect(lists.count >= 2)
        #expect(
            added["Sources/star/Services/ServiceDefinition.swift"]?.first?.contains(", boilerplate, parcel") == true)
        #expect(added["env.example"]?.contains("PARCEL_HTTP_PORT=\(try Self.plan().port)") == true)
        #expect(added["Sources/Kit/Hosting/Documentation.docc/Endpoints.md"]?.count == 1)
    }

    @Test("takes no line away but those it is written into")
    func keeps() throws {
        for change in try Self.plan().changed {
            let kept = Self.lines(change.new)
            let lost = Self.lines(change.old).subtracting(kept)
            for line in lost {
                let start = line.lowercased().firstRange(of: "boilerplate") ?? line.firstRange(of: "5070")
                #expect(start != nil, "\(change.path): \(line)")
            }
        }
    }

    private static func lines(_ text: String) -> Set<Substring> { Set(text.split(separator: "\n")) }

    @Test("has the port ten after the highest, or the one that is asked for")
    func ports() throws {
        let highest = ServiceDefinition.all.map(\.port).max() ?? 0
        #expect(try Self.plan().port == highest + 10)
        let plan = try Self.plan(port: 8080)
        let member = plan.made.first { $0.path == "Sources/star/Services/ServiceDefinition+Parcel.swift" }
        #expect(plan.port == 8080 && member?.text.contains("port: 8080)") == true)
        // Browsers do not open 6000.
        for port in [ServiceDefinition.auth.port, 80, 6000, 65_000, 70_000] {
            #expect(throws: ScaffoldError.self) { try Self.plan(port: port) }
        }
    }

    @Test("may be followed by another, and not by itself")
    func again() throws {
        let first = try Self.plan("parcel")
        let files = Self.applied(first)
        let second = try Self.plan("letter", files: files)
        #expect(second.port == first.port + 10)
        let member = second.changed.first { $0.path == "Sources/star/Services/ServiceDefinition.swift" }
        #expect(member?.added.first?.contains(", boilerplate, letter, parcel") == true)
        #expect(second.made.count == first.made.count)
        #expect(throws: ScaffoldError.refused("“parcel” is taken: Package.swift names it already.")) {
            try Self.plan("parcel", files: files)
        }
    }

    @Test(
        "has no name that is none, or is taken",
        arguments: [
            "", "a", "Parcel", "order-book", "order_book", "_parcel", "1st", "späti", "parcel ",
            String(repeating: "a", count: 33), "class", "default", "all", "kit", "star", "auth", "webapp",
            "boilerplate", "boilerplates", "endpoints", "rpc", "foundation", "logging", "string", "smoke", "problem",
            "verifier", "reply", "health",
        ])
    func names(name: String) {
        let error = #expect(throws: ScaffoldError.self) { try Self.plan(name) }
        guard case .refused(let sentence) = error else {
            Issue.record("It is not the name that is refused: \(String(describing: error))")
            return
        }
        #expect(sentence.contains("“\(name)”"))
    }

    @Test("may have the name of a type that it does not meet, such as that of the README's example")
    func unmet() throws {
        #expect(try Self.plan("greeting").made.contains { $0.path == "Tests/ServicesTests/GreetingTests.swift" })
    }

    @Test("is not made where a file does not have what it would be added to")
    func anchors() throws {
        for path in try Self.plan().changed.map(\.path) {
            var files = Self.files
            files[path] = "\n"
            let error = #expect(throws: ScaffoldError.self) { try Self.plan(files: files) }
            #expect(error?.description.hasPrefix("\(path) does not have “") == true)
        }
        var files = Self.files
        files["Package.swift"] = nil
        #expect(throws: ScaffoldError.unsuitable("There is no Package.swift.")) { try Self.plan(files: files) }
    }

    @Test("is made inside a clone only, from wherever in it")
    func checkout() throws {
        #expect(try Checkout(containing: Self.here).root.path == Checkout(containing: Self.here + "/../..").root.path)
        let outside = Self.here + "/../Outside"
        #expect(try Checkout(containing: outside).root.path == Checkout(containing: Self.here).root.path)
        #expect(throws: ScaffoldError.self) { try Checkout(containing: "/") }
    }
}

@Suite("An addition to a file")
struct AdditionTests {
    private func added(_ addition: FileEdit, to text: String) throws -> String? {
        let rename = Substitutions(name: try ServiceName("parcel"), port: 5090, templatePort: 5070)
        return addition.applied(to: text, rename)
    }

    @Test("repeats lines below each run of them")
    func lines() throws {
        let text = "one\nboilerplate a\nBoilerplate b\ntwo\nBOILERPLATE 5070"
        #expect(
            try added(.lines("oilerplate"), to: text)
                == "one\nboilerplate a\nBoilerplate b\nparcel a\nParcel b\ntwo\nBOILERPLATE 5070")
        #expect(try added(.lines("PLATE"), to: text)?.hasSuffix("BOILERPLATE 5070\nPARCEL 5090") == true)
        #expect(try added(.lines("three"), to: text) == nil)
    }

    @Test("repeats a block below itself, to the next line that is as far out")
    func block() throws {
        let text = "services:\n  boilerplate:\n    port: 6070\n\n    name: boilerplate\n\nvolumes:\n"
        #expect(
            try added(.block("  boilerplate:"), to: text)
                == "services:\n  boilerplate:\n    port: 6070\n\n    name: boilerplate\n"
                + "\n  parcel:\n    port: 6090\n\n    name: parcel\n\nvolumes:\n")
        #expect(try added(.block("  boilerplate:"), to: "  boilerplate:") == "  boilerplate:\n\n  parcel:")
        #expect(try added(.block("  boilerplate:"), to: "boilerplate:") == nil)
    }

    @Test("repeats words behind themselves, wherever they are")
    func repeated() throws {
        #expect(try added(.repeated(", boilerplate"), to: "a, boilerplate]") == "a, boilerplate, parcel]")
        #expect(try added(.repeated(" 5070"), to: "EXPOSE 5080 5070\n") == "EXPOSE 5080 5070 5090\n")
        #expect(try added(.repeated("boilerplate", separator: "\n"), to: "boilerplate") == "boilerplate\nparcel")
        #expect(try added(.behind("a", "b"), to: "xa") == "xab")
        #expect(try added(.behind("a", "b"), to: "x") == nil)
    }
}
