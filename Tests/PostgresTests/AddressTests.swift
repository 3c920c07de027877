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
            ("postgres:///auth", "auth at the local socket"),
        ])
    func url(_ url: String, _ place: String) throws {
        #expect(try DatabaseAddress(url).description == place)
    }

    @Test(
        "is refused with a sentence that does not repeat it",
        arguments: [
            "", "auth", "mysql://db/auth", "host=db dbname=auth", "postgres://ada:secret@[db/auth", "postgres://db/%zz",
            "postgres://db/auth?colour=red", "postgres://db/a\u{0}",
        ])
    func refused(_ url: String) {
        let error = #expect(throws: PostgresError.self) { _ = try DatabaseAddress(url) }
        #expect(error?.description == "It must be postgres://user:password@host:port/database.")
    }

    @Test("does not print its password")
    func secret() throws {
        let address = try DatabaseAddress("postgres://ada:sesame@db/auth?password=sesame")
        for text in [String(describing: address), String(reflecting: address), String(describing: [address])] {
            #expect(!text.contains("sesame"))
        }
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains("sesame"))
    }
}
