import Foundation
import JOSE
import Testing

@Suite("Signed tokens as texts")
struct JWSTests {
    private static let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"a"}"#

    private func text(_ header: String = header, _ payload: String = "{}", _ signature: [UInt8] = [7]) -> String {
        [Base64URL.encode(header.utf8), Base64URL.encode(payload.utf8), Base64URL.encode(signature)]
            .joined(separator: ".")
    }

    @Test("are read as they were written, and what was signed is what stands before the signature")
    func roundTrip() throws {
        let text = try JWSCompact.write(JWSHeader(typ: "at+jwt", kid: "a"), ["sub": "ada"]) { [UInt8($0.count)] }
        let read = try #require(JWSCompact(text))
        #expect(read.header.kid == "a" && read.header.typ == "at+jwt")
        #expect(read.payload == Array(#"{"sub":"ada"}"#.utf8))
        #expect(read.signature == [UInt8(read.signed.count)])
        #expect(text.hasPrefix(String(decoding: read.signed, as: UTF8.self) + "."))
    }

    @Test("are split before anything in them is read: the payload may be anything, and the signature empty")
    func unread() throws {
        let read = try #require(JWSCompact(text(Self.header, "no JSON", [])))
        #expect(read.payload == Array("no JSON".utf8) && read.signature == [])
    }

    @Test("are the example of RFC 8037, appendix A.4, but for its header, which names no key")
    func example() throws {
        let payload = "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(JWSCompact("eyJhbGciOiJFZERTQSJ9.\(payload).AA") == nil)
        let read = try #require(JWSCompact("\(Base64URL.encode(Self.header.utf8)).\(payload).AA"))
        #expect(String(decoding: read.payload, as: UTF8.self) == "Example of Ed25519 signing")
    }

    @Test(
        "are none if the header names another algorithm or no key, brings a key along, or asks for an extension",
        arguments: [
            #"{"alg":"none","kid":"a"}"#, #"{"alg":"HS256","kid":"a"}"#, #"{"alg":"eddsa","kid":"a"}"#,
            #"{"kid":"a"}"#, #"{"alg":"EdDSA"}"#, #"{"alg":"EdDSA","kid":1}"#, #"{"alg":"EdDSA","kid":"a","typ":1}"#,
            #"{"alg":"EdDSA","kid":"a","jwk":{}}"#, #"{"alg":"EdDSA","kid":"a","jku":"http://a"}"#,
            #"{"alg":"EdDSA","kid":"a","x5c":[]}"#, #"{"alg":"EdDSA","kid":"a","x5u":"http://a"}"#,
            #"{"alg":"EdDSA","kid":"a","crit":[]}"#, #"{"alg":"EdDSA","kid":"a","alg":"none"}"#, "[]", "",
        ])
    func headers(header: String) {
        #expect(JWSCompact(text(header)) == nil)
    }

    @Test("are none if they are not three parts in strict base64url")
    func forms() {
        let text = text()
        #expect(JWSCompact(text) != nil)
        for other in ["", ".", "..", "...", text + ".", "." + text, text + "=", text + ".AA", " " + text, text + "\n"] {
            #expect(JWSCompact(other) == nil, "\(other)")
        }
    }
}
