import ArgumentParser
import Auth
import AuthSQLite
import Files
import Foundation
import Hosting
import StarServices

/// `star store`.
struct StoreCopies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract:
            "Makes back-ups of auth's store in SQLite, puts one in its place, and moves a store to another database.",
        discussion: """
            backup and restore are safe while auth runs. A back-up holds everything, the signing keys too: keep it as safe as \
            the store. For a store in PostgreSQL, use pg_dump and pg_restore with --schema=star_auth.
            """,
        subcommands: [Backup.self, Restore.self, Copy.self])

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes a copy of the store into a new file.")

        @Argument(help: "The file to write; there must be none yet.", completion: .file())
        var file: String

        @OptionGroup var place: StorePlace

        func validate() throws { try StorePlace.checkFile(file) }

        func run() async throws {
            try await Exit.onError {
                let source = try place.file()
                guard try PrivateFile.exists(source) else {
                    throw SettingsError(description: "There is no store at \(source.path).")
                }
                let copy = URL(filePath: file)
                let folder = copy.deletingLastPathComponent()
                guard try PrivateFile.exists(folder) else {
                    throw SettingsError(description: "There is no directory \(folder.path).")
                }
                let store = try SQLiteStore(source)
                try await store.closed { try await store.backUp(to: copy) }
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

        func validate() throws { try StorePlace.checkFile(file) }

        func run() async throws {
            try await Exit.onError {
                let target = try place.file()
                try SQLiteStore.restore(URL(filePath: file), to: target)
                print("\(target.path) holds what \(file) holds.")
            }
        }
    }

    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies everything into an empty store, from SQLite to PostgreSQL or back.",
            discussion: """
                Stop auth first: what it writes meanwhile ends the copy. All is copied in one transaction, and compared with \
                the store again before that is committed. Then name the new store in AUTH_DATABASE, and start auth.
                """)

        @Argument(
            help: """
                The path of a file, or postgres://user:password@host/database. - reads it from standard input, so that the \
                password is in no list of processes.
                """)
        var target: String

        @Option(help: "The file that settings are read from, beside the environment.")
        var env = Settings.defaultFile

        func run() async throws {
            try await Exit.onError {
                let settings = try StarSettings.read(env)
                let (from, to) = (try AuthSettings(settings, CommonSettings(settings)).database, try destination())
                for (table, rows) in try await copy(from, to) { print("\(table): \(rows)") }
                print("\(to.place) holds a copy of \(from.place).")
            }
        }

        private func copy(_ from: AuthDatabase, _ to: AuthDatabase) async throws -> [(table: String, rows: Int)] {
            let source = try from.open(isMade: false)
            return try await source.closed {
                let target = try to.open(isMade: true)
                return try await target.closed {
                    do {
                        return try await StoreCopy.copy(from: source, to: target)
                    } catch let error as StoreError {
                        // Not of AUTH_DATABASE alone, as Exit would say.
                        Exit.printError(error.description)
                        throw ExitCode.failure
                    }
                }
            }
        }

        private func destination() throws(SettingsError) -> AuthDatabase {
            let text = target == "-" ? readLine() ?? "" : target
            do throws(SettingFault) {
                return try AuthDatabase(text)
            } catch {
                throw SettingsError(description: "The target \(error.reason).")
            }
        }
    }

    /// The store to use.
    struct StorePlace: ParsableArguments {
        @Option(help: "The file that settings are read from, beside the environment.")
        var env = Settings.defaultFile

        /// - Throws: `ValidationError` for `-`, which elsewhere is standard input or output.
        static func checkFile(_ name: String) throws(ValidationError) {
            if name == "-" {
                throw ValidationError("Name a file: a copy is a database, which is not read or written as a stream.")
            }
        }

        /// - Throws: `SettingsError` if the store is not in SQLite.
        func file() throws -> URL {
            let settings = try StarSettings.read(env)
            switch try AuthSettings(settings, CommonSettings(settings)).database {
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
