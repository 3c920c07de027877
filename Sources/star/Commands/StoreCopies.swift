import ArgumentParser
import Auth
import Foundation
import Hosting

/// `star store`.
struct StoreCopies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Makes back-ups of auth's store in SQLite, and puts one in its place.",
        discussion: """
            Both are safe while auth runs. A back-up holds everything, the signing keys too: keep it as safe as the store. For \
            a store in PostgreSQL, use pg_dump and pg_restore with --schema=star_auth.
            """,
        subcommands: [Backup.self, Restore.self])

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes a copy of the store into a new file.")

        @Argument(help: "The file to write; there must be none yet.", completion: .file())
        var file: String

        @OptionGroup var place: StorePlace

        func run() async throws {
            try await Exit.onError {
                let source = try place.file()
                guard FileManager.default.fileExists(atPath: source.path) else {
                    throw SettingsError(description: "There is no store at \(source.path).")
                }
                let store = try SQLiteStore(source)
                do {
                    try await store.backUp(to: URL(filePath: file))
                } catch {
                    await store.close()
                    throw error
                }
                await store.close()
                print("\(file) holds a copy of \(source.path).")
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a copy in the place of the store; an auth that runs uses it at once.")

        @Argument(help: "A file that star store backup or SQLite's .backup has written.", completion: .file())
        var file: String

        @OptionGroup var place: StorePlace

        func run() async throws {
            try await Exit.onError {
                let target = try place.file()
                try SQLiteStore.restore(URL(filePath: file), to: target)
                print("\(target.path) holds what \(file) holds.")
            }
        }
    }

    /// The store to use.
    struct StorePlace: ParsableArguments {
        @Option(help: "The file that settings are read from, beside the environment.")
        var env = Settings.standardFile

        /// - Throws: `SettingsError` if the store is not in SQLite.
        func file() throws -> URL {
            let settings = try FleetSettings.read(env)
            switch try AuthSettings(settings, FamilySettings(settings)).database {
            case .sqlite(let file): return file
            case .postgres(let address):
                throw SettingsError(
                    description: """
                        The store is in PostgreSQL (\(address)). Copy it with pg_dump --format=custom --schema=star_auth, and \
                        put it back with pg_restore --clean --if-exists --single-transaction, while auth runs or not.
                        """)
            }
        }
    }
}
