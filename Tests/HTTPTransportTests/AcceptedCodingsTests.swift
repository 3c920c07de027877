import Testing

@testable import HTTPTransport

@Suite("The content codings that a client takes")
struct AcceptedCodingsTests {
    @Test(
        "are gzip if it is named, or meant by *, and is not liked less than the content as it is",
        arguments: [
            ("gzip", true), ("GZip", true), ("x-gzip", true), ("br, gzip;q=0.8", true), ("gzip ; q=1.000", true),
            ("*", true), ("*;q=0.1", true), ("deflate, *;q=0.2", true), ("gzip;q=0.001", true), ("gzip;Q=0.3", true),
            ("gzip, identity", true), ("gzip;q=0.5, identity;q=0.5", true), ("identity;q=0.4, gzip;q=0.5", true),
            ("identity;q=0, gzip;q=0.1", true), ("identity;q=0, *", true), ("*;q=0, gzip", true),
            ("gzip;q=0.5, *;q=0", true), ("gzip;q=0, x-gzip", true), ("gzip;q=1, *;q=0.5", true),
            ("gzip;level=9;q=0.5", true),
            ("", false), ("br", false), ("identity", false), ("gzip;q=0", false), ("gzip;q=0.000", false),
            ("*;q=0", false), ("identity;q=0", false), ("gzip;q=0, *", false), ("*, gzip;q=0", false),
            ("gzip;q=0.5, identity;q=1", false), ("identity;q=0.6, gzip;q=0.5", false), ("gzip;q=0.5, *", false),
            ("identity, *;q=0.5", false), ("br, gzip;q=0, *;q=0.0", false),
            // A weight that cannot be read is none, and so is its coding.
            ("gzip;q=2", false), ("gzip;q=", false), ("gzip;q=-0.5", false), ("gzip;q=0.5.5", false),
            ("gzip;q=1.001", false), ("gzip;q=0.5000", false), ("gzip;q=nan", false), ("gzip;q=1e0", false),
        ])
    func weights(_ field: String, _ takesGzip: Bool) {
        var codings = AcceptedCodings()
        codings.add(field)
        #expect(codings.prefersGzip == takesGzip)
    }

    @Test("are those of all fields together")
    func several() {
        var codings = AcceptedCodings()
        #expect(!codings.prefersGzip)
        codings.add("gzip;q=0.5")
        #expect(codings.prefersGzip)
        codings.add("br, identity;q=0.7")
        #expect(!codings.prefersGzip)
    }
}
