import ArgumentParser
import Auth
import Foundation
import JOSE
import StarBench
import Tokens

/// `star keys`.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists and changes the keys that auth signs tokens with.",
        discussion: """
            It works on auth's store itself; auth takes up a change within a second. A new key is announced first, so that \
            every service knows it before it signs, and the old one verifies until its last token has ended: no token that \
            is good is refused.

            star keys rotate            announces a new key, which signs by itself once KEY_PREPUBLISH_SECONDS are over
            star keys rotate --now      has it sign at once: when a key is in wrong hands, and before it is retired
            star keys retire KID        ends a key at once, with all tokens that it has signed
            star keys curve FOLDER auth resource   makes other keys: those of services for tcp://
            """,
        subcommands: [ListKeys.self, RotateKey.self, Retire.self, MakeCurveKeys.self])

    struct ListKeys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists the keys, the oldest first.")

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let keys = try await store.keys().map(KeyView.init)
                try options.show(keys, TextTable.text([KeyView.header] + keys.map(\.row)))
            }
        }
    }

    struct RotateKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Makes a new key, in place of the one that signs.")

        @Flag(help: "Lets it sign at once. A service that does not receive auth's events may refuse its first tokens.")
        var now = false

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                let key = StoredKey(SigningKey(), announced: .now)
                guard try await store.announce(key, CommandLineAudit.entry(.keyAnnounced, of: key.kid)) else {
                    Exit.printError(
                        "There are \(JWKSet.limit) keys that verify tokens: wait until some are retired, or retire one."
                    )
                    throw ExitCode.failure
                }
                if now { _ = try await store.promote(key.kid, CommandLineAudit.entry(.keyPromoted, of: key.kid)) }
                let found = try await store.keys().first { $0.kid == key.kid } ?? key
                try options.show(KeyView(found), "The key \(key.kid) is \(now ? "signing" : "announced").")
            }
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a key at once. Tokens that it has signed are refused from then on.")

        @Argument(help: "The key's name.")
        var kid: String

        @OptionGroup var options: StoreOptions

        func run() async throws {
            try await options.withStore { store in
                guard try await store.retire(kid, CommandLineAudit.entry(.keyRetired, of: kid)) else {
                    throw Keys.refusal(of: kid, try await store.keys())
                }
                let found = try await store.keys().first { $0.kid == kid }
                try options.show(found.map(KeyView.init), "The key \(kid) is retired.")
            }
        }
    }

    private static func refusal(of kid: String, _ keys: [StoredKey]) -> ExitCode {
        switch keys.first(where: { $0.kid == kid })?.state {
        case .signing: Exit.printError("The key \(kid) signs. Let another one sign first: star keys rotate --now")
        case .retired: Exit.printError("The key \(kid) is retired already.")
        case .announced, .retiring, nil: Exit.printError("There is no key \(kid).")
        }
        return .failure
    }
}

/// A key as people see it: without its secret.
private struct KeyView: Encodable {
    let kid: String
    let state: String
    let announced: String
    let signing: String?
    let retiring: String?
    let retired: String?

    init(_ key: StoredKey) {
        kid = key.kid
        state = key.state.rawValue
        announced = key.announced.formatted(.iso8601)
        signing = key.signing?.formatted(.iso8601)
        retiring = key.retiring?.formatted(.iso8601)
        retired = key.retired?.formatted(.iso8601)
    }

    static let header = ["key", "state", "announced", "signing", "retiring", "retired"]

    var row: [String] {
        [kid, state, announced] + [signing, retiring, retired].map { $0 ?? "-" }
    }
}
