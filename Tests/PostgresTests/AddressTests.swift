import Foundation
import Testing

@testable import Postgres

@Suite("The address of a database")
struct AddressTests {
    @Test(
        "is a URL, over TCP or a Unix socket",
        arguments: [
            ("postgres://ada:secret@db.example:5433/auth", "auth at db.example:5433"),
            ("postgresql://ada@db.example/auth", "auth at db.example"),
            ("postgres://ada@/auth?host=/var/run/postgresql", "auth at /var/run/postgresql"),
            ("postgres://ada@/auth", "auth at the local socket"),
            ("postgres://ada@one,two:5433/auth?target_session_attrs=read-write", "auth at one,two:,5433"),
            ("postgres://ada:p%40ss%23@db/auth?sslmode=require", "auth at db"),
        ])
    func url(_ url: String, _ place: String) throws {
        #expect(try ConnectionURL(url).description == place)
    }

    @Test(
        "is refused with a sentence that does not repeat it",
        arguments: [
            "", "auth", "mysql://db/auth", "host=db dbname=auth", "postgres://ada:sesame@[db/auth",
            "postgres://ada@db/%zz",
            "postgres://ada@db/auth?colour=red", "postgres://ada@db/a\u{0}", "postgres://ada:ses@ame@db/auth",
            "postgres://ada:ses/ame@db/auth", "postgres://ada:ses#ame@db/auth", "postgres://ada:sesame@db:99999/auth",
            "postgres://ada:sesame@db:x/auth", "postgres://ada:sesame@db/auth?sslmode=verify_full",
            "postgres://ada:sesame@db/auth?target_session_attrs=primary,any",
        ])
    func refused(_ url: String) {
        let error = #expect(throws: PostgresError.self) { _ = try ConnectionURL(url) }
        #expect(error?.isPermanent == true)
        for part in ["sesame", "ses@", "ses/", "ses#"] { #expect(error?.description.contains(part) == false) }
    }

    @Test("names a parameter that libpq does not know, and nothing of a password")
    func unknownParameter() {
        func message(_ url: String) -> String {
            #expect(throws: PostgresError.self) { _ = try ConnectionURL(url) }?.description ?? ""
        }
        #expect(message("postgres://ada@db/auth?sslmode=require&colour=red").hasSuffix("does not know: colour."))
        #expect(!message("postgres://ada@db/auth?password=ses&ame@x").contains("ame@"))
    }

    @Test("says how to write a password that holds what a URL means something else by", arguments: ["@", "/", "#"])
    func escapes(_ character: String) {
        let error = #expect(throws: PostgresError.self) {
            _ = try ConnectionURL("postgres://ada:x\(character)y@db/auth")
        }
        #expect(error?.description.contains("write @ as %40") == true)
    }

    @Test("must name a user, whom a container's user has no name to stand for")
    func user() {
        let error = #expect(throws: PostgresError.self) { _ = try ConnectionURL("postgres://db/auth") }
        #expect(error?.description == "The address names no user: write postgres://user@host/database.")
    }

    @Test("that asks for a verified server uses the system's certificates where none are named")
    func certificates() throws {
        let bundle = "/etc/ssl/certs/ca-certificates.crt"
        try #require(FileManager.default.isReadableFile(atPath: bundle), "Debian's package ca-certificates is missing")
        for text in ["sslmode=verify-full", "sslrootcert=system", "sslmode=verify-full&sslrootcert=system"] {
            let options = try ConnectionURL("postgres://ada@db/auth?\(text)").options(
                timeout: .seconds(2), name: "test")
            #expect(
                options.last { $0.0 == "sslrootcert" }?.1 == bundle
                    && options.last { $0.0 == "sslmode" }?.1 == "verify-full")
        }
        for text in ["sslmode=require", "sslmode=verify-full&sslrootcert=\(bundle)"] {
            #expect(try ConnectionURL("postgres://ada@db/auth?\(text)").rootCertificate() == nil)
        }
        for text in [
            "sslmode=verify-full&sslrootcert=/nowhere", "sslmode=verify-ca", "sslmode=require&sslrootcert=system",
        ] {
            let error = #expect(throws: PostgresError.self) {
                _ = try ConnectionURL("postgres://ada@db/auth?\(text)").rootCertificate()
            }
            #expect(error?.isPermanent == true && error?.description.contains("sslrootcert") == true)
        }
    }

    @Test("does not print its password")
    func secret() throws {
        let address = try ConnectionURL("postgres://ada:sesame@db/auth?password=sesame")
        for text in [String(describing: address), String(reflecting: address), String(describing: [address])] {
            #expect(!text.contains("sesame"))
        }
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains("sesame"))
    }
}
