import ArgumentParser

/// Names of services, as commands take them.
struct ServiceNames: ParsableArguments {
    @Argument(
        help: "\(Member.names), or all.",
        completion: .list(["all"] + Member.all.map(\.name)))
    var services: [String]

    func validate() throws {
        _ = try members
    }

    /// - Throws: `ValidationError` where there is no such service.
    var members: [Member] {
        get throws {
            if services == ["all"] { return Member.all }
            return try services.map { name in
                guard let member = Member.all.first(where: { $0.name == name }) else {
                    throw ValidationError("There is no service “\(name)”. There are: \(Member.names), or all.")
                }
                return member
            }
        }
    }
}
