package import Auth
import AuthPostgres
import AuthSQLite
import Files
package import Foundation
package import Hosting
package import Postgres

/// The kind and the place of auth's store.
package enum AuthDatabase: Sendable {
    case sqlite(URL)
    case postgres(ConnectionURL)

    package init(_ text: String) throws(SettingFault) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.contains(where: \.isNewline) else { throw SettingFault("must be one line") }
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
            if let fault = Self.fault(ofPath: text) { throw SettingFault(fault) }
            self = .sqlite(URL(filePath: text))
            return
        }
        do throws(PostgresError) {
            self = .postgres(try ConnectionURL(text))
        } catch {
            guard case .address(let reason) = error else { throw SettingFault(error.description) }
            throw SettingFault(reason)
        }
    }

    /// Other forms of addresses, such as `sqlite:///file`, `host=db dbname=auth` or `user@db/auth`, would be fine names
    /// of files, and a store that was not intended.
    private static func fault(ofPath text: String) -> String? {
        let first = text.prefix { $0 != "/" }
        guard text.isEmpty || first.contains(where: { ":=@".contains($0) }) else { return nil }
        return """
            must be the path of a file or postgres://user:password@host/database; a path whose first name holds “:”, “=” or \
            “@” begins with ./
            """
    }

    /// For the log; without a password.
    package var place: String {
        switch self {
        case .sqlite(let file): file.path
        case .postgres(let address): "PostgreSQL, \(address)"
        }
    }

    static func `default`(in directory: URL) -> AuthDatabase { .sqlite(directory.appending(path: "auth.sqlite")) }

    /// Opens the store. It blocks, and belongs to the start of a process.
    ///
    /// - Parameter isMade: true if a store that is not there is made; in a database, when it is reached.
    /// - Throws: ``SettingsError`` if there is no file and none is made, or it cannot be used; the store's reason
    /// otherwise.
    package func open(isMade: Bool) throws -> any CopyableStore {
        switch self {
        case .sqlite(let file):
            do {
                guard try isMade || PrivateFile.exists(file) else {
                    throw SettingsError(
                        description: """
                            There is no store at \(file.path). DATA_DIRECTORY and AUTH_DATABASE say where it is; the first \
                            start of auth makes it, and so does star users add, in production with AUTH_CREATE_STORE=true.
                            """)
                }
                return try SQLiteStore(file)
            } catch let error as SQLiteFileError {
                throw SettingsError(description: error.description)
            } catch let error as PrivateFileError {
                throw SettingsError(description: error.description)
            }
        case .postgres(let address): return PostgresStore(address, isCreating: isMade)
        }
    }
}
