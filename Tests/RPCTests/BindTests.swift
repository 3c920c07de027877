import Endpoints
import RPC
import RPCTesting
import Testing

@Suite("The start of a service")
struct BindTests {
    private let pour = plain("pour", "/pour")
    private let drink = plain("drink", "/drink")

    /// The reason why the service does not start, or an empty text.
    private func refusal(
        _ contract: ContractDescriptor, @Handlers.HandlerBuilder _ handlers: () -> [Handler]
    ) -> String {
        do throws(ContractError) {
            _ = try Dispatcher(TeaService(Handlers(handlers)), contract: contract, verifier: FakeVerifier())
            return ""
        } catch {
            return error.description
        }
    }

    private func handler<Input, Output>(_ endpoint: Endpoint<Input, Output>) -> Handler {
        handle(endpoint) { _, _ in throw Problem(.notFound, "Nothing.") }
    }

    @Test("succeeds where contract and handlers fit, in whatever order")
    func good() {
        let refusal = refusal(contract(pour.description, drink.description)) {
            handler(drink)
            handler(pour)
        }
        #expect(refusal.isEmpty)
    }

    @Test("succeeds for handlers and endpoints of several lists")
    func lists() throws {
        let pours = [plain("a", "/a"), plain("b", "/b")]
        let (drink, spill) = (plain("drink", "/drink"), plain("spill", "/spill"))
        let others = Handlers { handle(drink) { _, _ in Empty() } }
        let service = TeaService {
            for pour in pours { handle(pour) { _, _ in Empty() } }
            others
            if pours.isEmpty { handle(pours[0]) { _, _ in Empty() } }
            if pours.isEmpty { others } else { handle(spill) { _, _ in Empty() } }
        }
        #expect(service.handlers.all.map(\.endpoint.name) == ["a", "b", "drink", "spill"])
        let (few, all) = (EndpointList { drink }, pours.map(\.description))
        let endpoints = EndpointList {
            few
            spill
        }
        #expect(endpoints.descriptions.map(\.name) == ["drink", "spill"])
        let contract = contract(all[0], all[1], endpoints.descriptions[0], endpoints.descriptions[1])
        #expect(throws: Never.self) { try Dispatcher(service, contract: contract, verifier: FakeVerifier()) }
    }

    @Test("fails for an endpoint without a handler, and names it")
    func noHandler() {
        let refusal = refusal(contract(pour.description, drink.description)) { handler(pour) }
        #expect(refusal.contains("tea.drink") && refusal.contains("no handler"))
    }

    @Test("fails for a handler without an endpoint, and names it")
    func noEndpoint() {
        let refusal = refusal(contract(pour.description)) {
            handler(pour)
            handler(drink)
        }
        #expect(refusal.contains("tea.drink") && refusal.contains("no endpoint"))
    }

    @Test("fails for an endpoint with two handlers, and names it")
    func twoHandlers() {
        let refusal = refusal(contract(pour.description)) {
            handler(pour)
            handler(pour)
        }
        #expect(refusal.contains("tea.pour") && refusal.contains("two handlers"))
    }

    @Test("fails for two endpoints of one name, and names it")
    func oneName() {
        let other = plain("pour", "/other")
        let refusal = refusal(contract(pour.description, other.description)) { handler(pour) }
        #expect(refusal.contains("tea.pour") && refusal.contains("twice"))
    }

    @Test("fails for bytes in a field, or where HTTP has no body for them")
    func bytes() {
        struct Letter: Payload {
            static let schema = Schema.object(.optional("pages", .array(of: .payload(Bytes.self)), "The pages."))
        }
        let nested = Endpoint<Empty, Letter>("nested", .get, "/letter", access: .open, summary: "N.")
        #expect(refusal(contract(nested.description)) { handler(nested) }.contains("tea.nested has bytes in a field"))
        let query = Endpoint<Bytes, Empty>("query", .get, "/letter", access: .open, summary: "Q.")
        #expect(refusal(contract(query.description)) { handler(query) }.contains("tea.query takes bytes"))
        let whole = Endpoint<Bytes, Bytes>("whole", .put, "/letter", access: .open, summary: "W.")
        #expect(refusal(contract(whole.description)) { handler(whole) } == "")
    }

    @Test("fails for two endpoints of one path, and names both and the path")
    func onePath() {
        let sized = Endpoint<Cup, Empty>("sized", .post, "/cups/{size}", access: .open, summary: "S.")
        let other = Endpoint<Cup, Empty>("other", .post, "/x", aliases: ["/cups/{milk}/"], access: .open, summary: "O.")
        let refusal = refusal(contract(sized.description, other.description)) {
            handler(sized)
            handler(other)
        }
        for word in ["tea.sized", "tea.other", "POST /cups/{}"] { #expect(refusal.contains(word), "\(refusal)") }
    }

    @Test("allows one path for two methods")
    func twoMethods() {
        let sized = Endpoint<Cup, Empty>("sized", .post, "/cups/{size}", access: .open, summary: "S.")
        let other = Endpoint<Cup, Empty>("other", .get, "/cups/{size}", access: .open, summary: "O.")
        let refusal = refusal(contract(sized.description, other.description)) {
            handler(sized)
            handler(other)
        }
        #expect(refusal.isEmpty)
    }

    @Test("fails for a path of the kit's own, and names both endpoints")
    func kitPath() {
        let live = Endpoint<Empty, Empty>("live", .get, "/health/live/", access: .open, summary: "L.")
        let refusal = refusal(contract(live.description)) { handler(live) }
        #expect(refusal.contains("tea.live") && refusal.contains("_health.live"))
    }

    @Test("fails for a path with a field that the input does not have, and names it")
    func unknownField() {
        let sized = Endpoint<Cup, Empty>("sized", .post, "/cups/{sise}", access: .open, summary: "S.")
        let refusal = refusal(contract(sized.description)) { handler(sized) }
        #expect(refusal.contains("tea.sized") && refusal.contains("{sise}"))
    }

    @Test("fails for a field that has no form where its method and path have it travel, and names it")
    func unsendable() {
        func refusal(_ method: HTTPMethod, _ path: PathTemplate) -> String {
            let odd = Endpoint<Nested, Empty>("odd", method, path, access: .open, summary: "O.")
            return self.refusal(contract(odd.description)) { handler(odd) }
        }
        #expect(refusal(.get, "/odd").contains("cup of tea.odd") && refusal(.get, "/odd").contains("query of a GET"))
        #expect(refusal(.post, "/odd/{sizes}").contains("sizes of tea.odd is in its path"))
        #expect(refusal(.post, "/odd").isEmpty)
    }

    @Test("fails for a type that its schema does not describe, and names the place")
    func types() {
        func refusal<Output: Payload>(_: Output.Type) -> String {
            let odd = Endpoint<Empty, Output>("odd", .get, "/odd", access: .open, summary: "O.")
            return self.refusal(contract(odd.description)) { handler(odd) }
        }
        #expect(refusal(Misnamed.self).contains("tea.odd") && refusal(Misnamed.self).contains("/brewed_at"))
        #expect(refusal(Mistyped.self).contains("/size must be a string"))
        #expect(refusal(Overdrawn.self).contains("/size must be 1 to 3"))
    }

    @Test("fails for a path that cannot be served, and names it")
    func faultyPath() {
        let odd = Endpoint<Empty, Empty>("odd", .get, "odd", access: .open, summary: "O.")
        #expect(refusal(contract(odd.description)) { handler(odd) }.contains("tea.odd does not begin with /"))
    }

    @Test("fails for what no wire carries as it is meant, and names it")
    func unfit() {
        func refusal(
            _ access: Access = .open, status: Int = 200, deadline: Duration = .seconds(1), problems: [Problem.Kind] = []
        ) -> String {
            let odd = Endpoint<Empty, Empty>(
                "odd", .get, "/odd", status: status, access: access, deadline: deadline, problems: problems,
                summary: "O.")
            return self.refusal(contract(odd.description)) { handler(odd) }
        }
        #expect(refusal(status: 204, deadline: .seconds(30), problems: [.internal]).isEmpty)
        for status in [0, 100, 304, 404, 600] { #expect(refusal(status: status).contains("tea.odd has the status")) }
        for seconds in [-1, 0, 31] { #expect(refusal(deadline: .seconds(seconds)).contains("tea.odd has a deadline")) }
        for permission in ["", "read write", "größe", "a\"b", "a\\b"] {
            #expect(refusal(.permission(permission)).contains("“\(permission)”"))
        }
        for status in [200, 302, 999] {
            let kind = Problem.Kind("fine", status: status, title: "Fine")
            #expect(refusal(problems: [kind]).contains("fine with the status \(status)"))
        }
        for status in [204, 205] {
            let full = Endpoint<Empty, Health>("full", .get, "/full", status: status, access: .open, summary: "F.")
            let refusal = self.refusal(contract(full.description)) { handler(full) }
            #expect(refusal.contains("tea.full has the status \(status)"))
        }
        let twice = Endpoint<Empty, Twice>("twice", .get, "/twice", access: .open, summary: "T.")
        #expect(self.refusal(contract(twice.description)) { handler(twice) }.contains("two fields size in one object"))
    }

    @Test("fails for a type that is narrower than its schema, and names the place")
    func narrow() {
        func refusal<Input: Payload>(_: Input.Type) -> String {
            let odd = Endpoint<Input, Empty>("odd", .post, "/odd", access: .open, summary: "O.")
            return self.refusal(contract(odd.description)) { handler(odd) }
        }
        #expect(refusal(Demanding.self).contains("without /size, which its schema has as optional"))
        #expect(refusal(Outdated.self).contains(#"with "green" at /kinds/0, which"#), "\(refusal(Outdated.self))")
        #expect(refusal(Small.self).contains("with 1000 at /sizes/name, which"), "\(refusal(Small.self))")
        #expect(refusal(Deep.self).contains("with 300 at /inner/size, which"), "\(refusal(Deep.self))")
        #expect(refusal(Compared.self).isEmpty)
    }

    @Test(
        "fails for a name that the wire cannot carry, and names it",
        arguments: ["", "Pour", "pour tea", "pöur", "po-ur", "pour.tea", String(repeating: "p", count: 65)])
    func endpointName(name: String) {
        let odd = plain(name, "/odd")
        let refusal = refusal(contract(odd.description)) { handler(odd) }
        #expect(refusal.contains("tea.\(name)"))
    }

    @Test(
        "fails for a contract's name that is not allowed, or the kit's own",
        arguments: [
            "", "Tea", "te_a", "_tea", "_meta", "_health", "tea.pot", "te-a", String(repeating: "t", count: 33),
        ])
    func contractName(name: String) {
        let refusal = refusal(contract(pour.description, named: name)) { handler(pour) }
        #expect(refusal.contains("\(name)"), "\(refusal)")
        #expect(!refusal.isEmpty)
    }
}

/// Its optional member would never be read nor written under the schema's name.
private struct Misnamed: Payload {
    static let schema = Schema.object(.optional("brewed_at", .integer(example: 1), "When."))

    var brewedAt: Int?
}

private struct Twice: Payload {
    static let schema = Schema.object(
        .required("cups", .array(of: .object(sized, sized)), "Cups."), .optional("any", .any, "Any."))
    private static let sized = Schema.Field.required("size", .integer(example: 1), "How large.")

    var cups: [[String: Int]]
}

/// A list may be in a query, an object may not.
private struct Nested: Payload {
    static let schema = Schema.object(
        .required("sizes", .array(of: .integer(example: 1)), "Sizes."), .required("cup", .payload(Cup.self), "A cup."))

    var sizes: [Int]
    var cup: Cup
}

private struct Mistyped: Payload {
    static let schema = Schema.object(.required("size", .integer(example: 1), "How large."))

    var size: String
}

private struct Overdrawn: Payload {
    static let schema = Schema.object(.required("size", .integer(1...3, example: 4), "How large."))

    var size: Int
}

private struct Demanding: Payload {
    static let schema = Schema.object(.optional("size", .integer(example: 1), "How large."))

    var size: Int
}

private struct Outdated: Payload {
    enum Kind: String, Codable { case black }

    static let schema = Schema.object(
        .required("kinds", .array(of: .string(values: ["black", "green"], example: "black")), "The kinds."))

    var kinds: [Kind]
}

private struct Small: Payload {
    static let schema = Schema.object(.required("sizes", .map(of: .integer(0...1000, example: 1)), "Sizes."))

    var sizes: [String: Int8]
}

private struct Deep: Payload {
    struct Inner: Payload {
        static let schema = Schema.object(.required("size", .integer(0...300, example: 0), "A size."))

        var size: UInt8
    }

    static let schema = Schema.object(.optional("inner", .payload(Inner.self), "Inside."))

    var inner: Inner?
}

/// Compares two members with each other, which no schema can say.
private struct Compared: Payload {
    static let schema = Schema.object(
        .required("least", .integer(0...9, example: 1), "The least."),
        .required("most", .integer(0...9, example: 2), "The most."))

    var least, most: Int

    enum CodingKeys: CodingKey { case least, most }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        least = try members.decode(Int.self, forKey: .least)
        most = try members.decode(Int.self, forKey: .most)
        guard least <= most else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: members.codingPath, debugDescription: "least is more than most"))
        }
    }
}
