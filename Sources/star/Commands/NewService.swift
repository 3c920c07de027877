import ArgumentParser
import StarScaffold

/// `star new`.
struct NewService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Makes a new service from the boilerplate.",
        discussion: """
            It is run inside a clone of the repository. The boilerplate of that clone is copied under the new name, and the
            new service joins the package, `serve all`, env.example, compose and Postman. Contract, actor, handlers and
            tests are there to be changed.
            """)

    @Argument(help: "The service's name: 2 to 32 of a-z and 0-9, beginning with a letter.")
    var name: String

    @Option(help: "Its port for HTTP; by default ten after the highest.")
    var port: Int?

    @Flag(help: "Show what would be made and changed, and write nothing.")
    var dryRun = false

    func run() async throws {
        try await Exit.onError {
            let checkout = try Checkout()
            let plan = try plan(checkout)
            show(plan)
            guard !dryRun else { return print("\nNothing is written: this was a dry run.") }
            try checkout.write(plan)
            checkout.format(plan.made.map(\.path) + plan.changed.map(\.path))
            printNextSteps(plan)
        }
    }

    private func plan(_ checkout: Checkout) throws -> NewServicePlan {
        do {
            return try NewServicePlan(ServiceName(name), port: port, files: checkout.files())
        } catch .refused(let sentence) {
            Exit.printError(sentence)
            throw ExitCode.validationFailure
        }
    }

    private func show(_ plan: NewServicePlan) {
        print("\(plan.name.lowercase), on port \(plan.port)\n")
        for file in plan.made { print("makes    \(file.path)") }
        for change in plan.changed {
            print("changes  \(change.path)")
            for line in change.added where !line.isEmpty { print("       + \(line)") }
        }
        for path in plan.missing { print("misses   \(path), and goes on without it") }
    }

    private func printNextSteps(_ plan: NewServicePlan) {
        let (name, type) = (plan.name.lowercase, plan.name.capitalized)
        print(
            """

            It greets people, until you change what it says:
              Sources/Services/Contracts/\(type)Contract.swift   what it promises
              Sources/Services/\(type)/\(type)Service.swift   what it does
              Tests/ServicesTests/\(type)Tests.swift   what it must do

            swift test --filter \(type)Tests
            swift run star serve \(name)
            curl localhost:\(plan.port)/api/v1/\(name)/greeting/Ada
            """)
    }
}
