import Crypto
import Endpoints
import Foundation
import JOSE
import JSON
import RPC
import Testing

@testable import Tokens

@Suite("Tokens that must not be accepted, all with one answer")
struct ForgedTokenTests {
    /// The problem that every one of them is answered with.
    static let refusal = Problem(.tokenInvalid, "The token is not one that is accepted here.")

    func expectRefused(_ bench: Bench, _ tokens: [String], _ location: SourceLocation = #_sourceLocation) async {
        for token in tokens {
            let problem = await bench.problem(of: token)
            #expect(problem == Self.refusal, "\(token.prefix(300))", sourceLocation: location)
        }
        #expect(bench.verifier.statistics.count == 0, sourceLocation: location)
    }

    @Test("the forger's own token is accepted unchanged, so that each refusal has its one cause")
    func control() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let tokens = [
            try forger.token(), try forger.token(header: ["typ": "application/AT+JWT"]),
            try forger.token(claims: ["aud": ["x", "star"]]),
            try forger.token(claims: ["exp": .number(1_800_000_010.5)]),
            try forger.token(header: ["later": 1], claims: ["later": ["a": ["a": 1]]]),
        ]
        for token in tokens { #expect(try await bench.verifier.verify(token).subject == "ada") }
    }

    @Test("no other algorithm than EdDSA, signed or not")
    func algorithms() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let names: [JSONValue?] = ["none", "None", "nOnE", "eddsa", "Ed25519", "HS256", "ES256", "RS256", 1, nil]
        let signed = try names.map { try forger.token(header: ["alg": $0]) }
        let unsigned = signed.map { $0.split(separator: ".").prefix(2).joined(separator: ".") + "." }
        await expectRefused(bench, signed + unsigned)
    }

    @Test("a token signed with the public key as a password")
    func publicKeyAsPassword() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let raw = Data(try #require(Base64URL.decode(bench.key.publicKey.x.utf8)))
        let spki = Data([0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]) + raw
        let pem = "-----BEGIN PUBLIC KEY-----\n\(spki.base64EncodedString())\n-----END PUBLIC KEY-----\n"
        let texts = [pem, bench.key.publicKey.x, raw.base64EncodedString()].map { Data($0.utf8) }
        let secrets = [raw, spki] + texts
        let tokens = try ["HS256", "EdDSA"].flatMap { algorithm in
            try secrets.map { secret in
                let parts = try forger.token(header: ["alg": .string(algorithm)]).split(separator: ".").prefix(2)
                let signed = parts.joined(separator: ".")
                let code = HMAC<Crypto.SHA256>.authenticationCode(
                    for: Data(signed.utf8), using: SymmetricKey(data: secret))
                return signed + "." + Base64URL.encode(code)
            }
        }
        await expectRefused(bench, tokens)
    }

    @Test("a key name that is another key's, is unknown, or is an attack")
    func keyNames() async throws {
        let bench = try await Bench.warm()
        let (forger, other) = (Forger(bench), SigningKey())
        bench.verifier.replaceKeys(JWKSet([bench.key.publicKey, other.publicKey]))
        let names: [JSONValue?] = [
            .string(other.kid), "../../../dev/null", "' OR 1=1; DROP TABLE keys --", "", "\u{0}", 7, .null, nil,
            .string(String(repeating: "k", count: 2000)), .string(String(repeating: "k", count: 10_240)),
        ]
        await expectRefused(bench, try names.map { try forger.token(header: ["kid": $0]) })
    }

    @Test("a header that brings a key, an address of one, or an extension along")
    func headersThatBringKeys() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let stranger = SigningKey()
        let jwk: JSONValue = ["kty": "OKP", "crv": "Ed25519", "x": .string(stranger.publicKey.x)]
        await expectRefused(
            bench,
            [
                try forger.token(header: ["jwk": jwk]), try forger.token(header: ["jku": "http://127.0.0.1:1/jwks"]),
                try forger.token(header: ["x5u": "http://127.0.0.1:1/x5u"]), try forger.token(header: ["x5c": ["MII"]]),
                try forger.token(header: ["crit": ["exp"], "exp": 1]), try forger.token(header: ["crit": []]),
                try forger.token(header: ["crit": ["b64"], "b64": .bool(false)]),
            ])
        #expect(bench.source.count == 1)
    }

    @Test("another type of token")
    func types() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let types: [JSONValue?] = ["JWT", "jwt", "rt+jwt", "at", "application/jwt", "", .null, nil, ["at+jwt"]]
        await expectRefused(bench, try types.map { try forger.token(header: ["typ": $0]) })
    }

    @Test("claims that are missing, wrong, or of a wrong type")
    func claims() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let required = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
        let wrongTypes: [JSONValue?] = [nil, .null, .bool(true), [], [:], [1]]
        var tokens = try required.flatMap { name in try wrongTypes.map { try forger.token(claims: [name: $0]) } }
        tokens += try ["iss", "sub", "jti", "client_id"].map { try forger.token(claims: [$0: 5]) }
        tokens += try ["iss", "aud", "sub", "jti", "client_id"].map { try forger.token(claims: [$0: ""]) }
        tokens += try ["iss", "aud"].map { try forger.token(claims: [$0: "Auth"]) }
        tokens.append(try forger.token(claims: ["aud": ["other", "Star"]]))
        tokens += try ["exp", "iat", "nbf"].flatMap { name in
            try ["1800000300", .integer(-1), .number(1e300)].map { try forger.token(claims: [name: $0]) }
        }
        tokens += try [["time", 1], "time", ["time": .bool(true)]].map { try forger.token(claims: ["permissions": $0]) }
        await expectRefused(bench, tokens)
    }

    @Test("claims and headers that are no JSON objects, or say a thing twice")
    func strangeTexts() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let header = JSONValue.object(forger.header).json()
        let texts = [
            #","exp":1800009999"#, #","sub":"root""#, #","permissions":["all"]"#, #","s\u0075b":"root""#,
            #","nbf":1e400"#, #","x":{"#, #","x":tru"#, ",,",
        ].map(forger.claims(adding:))
        let deep = String(repeating: "[", count: 2000)
        let wholes = ["", "{}", "[]", "null", "1", #""a""#, "{", deep].map { Data($0.utf8) }
        var tokens = try (texts + wholes).map { try forger.sign(header, $0) }
        tokens += try wholes.map { try forger.sign($0, JSONValue.object(forger.claims).json()) }
        let claims = JSONValue.object(forger.claims).json()
        tokens.append(try forger.sign(header.dropLast() + Data(#","alg":"none"}"#.utf8), claims))
        let wide = { (text: Data) in Data(text.flatMap { [$0, 0] }) }
        tokens += [try forger.sign(wide(header), claims), try forger.sign(header, wide(claims))]
        tokens.append(try forger.sign(header, Data([0xFF, 0xFE]) + claims))
        await expectRefused(bench, tokens)
    }

    @Test("an end that is beyond what a number can hold")
    func hugeEnd() async throws {
        let bench = try await Bench.warm()
        var forger = Forger(bench)
        forger.claims["exp"] = nil
        let header = JSONValue.object(forger.header).json()
        let tokens = try ["1e400", "-1e400", "-0.5", "1e-400000", "9e18", "NaN", "Infinity", "0x7fffffff"].map {
            try forger.sign(header, forger.claims(adding: #","exp":"# + $0))
        }
        for token in tokens { #expect(await bench.problem(of: token)?.status == 401) }
    }

    @Test("a signature with any of its bytes changed, cut, lengthened, or in another form")
    func signatures() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        let parts = token.split(separator: ".")
        let signature = try #require(Base64URL.decode(parts[2].utf8))
        let head = "\(parts[0]).\(parts[1])."
        var tokens = signature.indices.map { index in
            var flipped = signature
            flipped[index] ^= 1 << (index % 8)
            return head + Base64URL.encode(flipped)
        }
        tokens += [[], signature.dropLast(), signature + [0], [UInt8](repeating: 0, count: 64)].map {
            head + Base64URL.encode(Array($0))
        }
        tokens.append(head + Base64URL.encode(signature[..<32] + Self.plusOrder(signature[32...])))
        await expectRefused(bench, tokens)
    }

    /// s + L: the same signature to a verifier that does not look (RFC 8032, section 5.1.7).
    static func plusOrder(_ scalar: ArraySlice<UInt8>) -> [UInt8] {
        let order: [UInt8] =
            [
                0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
            ] + [UInt8](repeating: 0, count: 15) + [0x10]
        var carry = 0
        return zip(scalar, order).map { byte, other in
            carry += Int(byte) + Int(other)
            defer { carry >>= 8 }
            return UInt8(carry & 255)
        }
    }

    @Test("a token in another form than three parts in base64url without padding, of at most 8192 bytes")
    func forms() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        let parts = token.split(separator: ".").map(String.init)
        // The last character of a signature holds two bits of it; the other four are nothing, and must say so.
        let twin = token.dropLast() + ["A": "B", "Q": "R", "g": "h", "w": "x"][token.suffix(1), default: "A"]
        await expectRefused(
            bench,
            [
                "", ".", "..", "...", parts[0], parts[0] + "." + parts[1], token + ".", token + "." + parts[2],
                "." + token,
                token + "=", token + "==", parts[0] + "=." + parts[1] + "." + parts[2], " " + token, token + "\n",
                String(twin),
                token.replacing(".", with: " "), token.replacing(".", with: ","), "Bearer " + token, token + "é",
                token + String(repeating: "A", count: 1 << 20), String(repeating: "A.", count: 1 << 19),
                String(repeating: ".", count: 8192), String(repeating: "é", count: 4096),
            ])
    }

    @Test("a token that is not good yet")
    func notYet() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        let now = Int(forger.now.timeIntervalSince1970)
        await expectRefused(bench, [try forger.token(claims: ["nbf": .integer(now + 31)])])
        #expect(await bench.problem(of: try forger.token(claims: ["nbf": .integer(now + 30)])) == nil)
    }
}
