import Endpoints
import Testing

@Suite("A path template")
struct PathTemplateTests {
    private let template: PathTemplate = "/api/v1/greeting/{name}/{title}"

    @Test(
        "reads what it has written",
        arguments: [
            "Ada", "a b", "a/b", "%2F", "%", "ü", "時刻", "🕰️", "e\u{301}", "+", "&=?#", "~._-", "{name}", "\n", "\u{0}",
            "..",
        ])
    func roundTrip(text: String) throws {
        let path = try #require(template.path { $0 == "name" ? text : "x" })
        #expect(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(path.split(separator: "/").count == 5)
        let fields = try #require(template.match(path))
        #expect(fields == ["name": text, "title": "x"])
        #expect(fields["name"]?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    }

    @Test("leaves unreserved characters as they are, and encodes every other byte")
    func encoding() {
        #expect(template.path { _ in "aZ09-._~" } == "/api/v1/greeting/aZ09-._~/aZ09-._~")
        #expect(template.path { _ in "ü/%" } == "/api/v1/greeting/%C3%BC%2F%25/%C3%BC%2F%25")
    }

    @Test(
        "has a fault if no request would lead to it, or not to what it says",
        arguments: [
            ("x/y", "does not begin with /"), ("", "does not begin with /"), ("/{a}/{a}", "names {a} twice"),
            ("/a{b}", "has braces that are not around a whole part"),
            ("/{}", "has braces that are not around a whole part"),
            ("/a b", "has “ ”, which a path does not have unless it is percent-encoded"),
            ("/ü", "has “ü”, which a path does not have unless it is percent-encoded"),
            ("/a?b", "has “?”, which a path does not have unless it is percent-encoded"),
        ])
    func faults(text: String, fault: String) {
        #expect(PathTemplate(text).fault == fault)
    }

    @Test("has no fault otherwise", arguments: ["/", "/a/", "/.well-known/a_b-c~d", "/a:b@c;d=1,2", "/{a}/{b}"])
    func good(text: String) {
        #expect(PathTemplate(text).fault == nil)
    }

    @Test("cannot be written without a text for each field")
    func missing() {
        #expect(template.path { $0 == "name" ? "Ada" : nil } == nil)
        #expect(template.path { $0 == "name" ? "Ada" : "" } == nil)
    }

    @Test(
        "does not match another path",
        arguments: [
            "", "/", "/api", "/api/v1/greeting/a", "/api/v1/greeting/a/b/c", "/api/v2/greeting/a/b",
            "/API/v1/greeting/a/b",
            "//api/v1/greeting/a/b", "/api/v1/greeting//b", "/api/v1/greeting/a//", "/api/v1/greeting/%/b",
            "/api/v1/greeting/%zz/b", "/api/v1/greeting/%4/b", "/api/v1/greeting/%FF/b", "/api/v1/%67reeting/a/b",
            "xapi/v1/greeting/a/b", "x/api/v1/greeting/a/b",
        ])
    func mismatch(path: String) {
        #expect(template.match(path) == nil)
    }

    @Test("does not care about one last slash")
    func lastSlash() {
        #expect(template.match("/api/v1/greeting/a/b/") == ["name": "a", "title": "b"])
        #expect(PathTemplate("/smoke/").match("/smoke") == [:])
        #expect(PathTemplate("/smoke").match("/smoke/") == [:])
        #expect(PathTemplate("/smoke/") == "/smoke")
        #expect(PathTemplate("/smoke").match("/smoke//") == nil)
    }

    @Test("may be the root")
    func root() {
        let root: PathTemplate = "/"
        #expect(root.match("/") == [:] && root.match("/a") == nil)
        #expect(root.path { _ in nil } == "/" && root.description == "/")
    }

    @Test("tells its fields in order, and is printed as it was written")
    func fields() {
        #expect(template.fields == ["name", "title"])
        #expect(template.description == "/api/v1/greeting/{name}/{title}")
        #expect(template.shape == PathTemplate("/api/v1/greeting/{a}/{b}").shape)
        #expect(template.shape != PathTemplate("/api/v1/greeting/{a}/b").shape)
    }
}

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test("of every byte can be undone")
    func everyScalar() {
        let text = String(String.UnicodeScalarView((0..<0x180).compactMap(Unicode.Scalar.init)))
        let encoded = PercentEncoding.encode(text)
        #expect(PercentEncoding.decode(encoded)?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
        #expect(PercentEncoding.decode(encoded.lowercased())?.count == text.count)
    }

    @Test("of unreserved characters makes no other path")
    func normal() {
        #expect(PercentEncoding.normalize("/a%5Fb%2ec/%7E%41%2F%zz%4") == "/a_b.c/~A%2F%zz%4")
    }

    @Test("of a form has plus signs for spaces, and no other has")
    func plus() {
        #expect(PercentEncoding.decode("a+b%2Bc", plusIsSpace: true) == "a b+c")
        #expect(PercentEncoding.decode("a+b") == "a+b")
    }

    @Test(
        "that is broken is not read", arguments: ["%", "%4", "a%", "%%41", "%G0", "%0G", "%C3", "%ED%A0%80", "%C0%AF"])
    func broken(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
