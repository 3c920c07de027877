import Endpoints
import Foundation
import JSON

@testable import Hosting
@testable import JOSE
@testable import RPC
@testable import Tokens
@testable import ZeroMQ

// MARK: - JSON

/// Nearly every kind of field, as a service declares them.
struct FuzzedPayload: Payload, Equatable {
    static let schema = Schema.object(
        .required("text", .string(length: 1...10, example: "tea"), "A text."),
        .optional("count", .integer(-5...10, example: 2), "A number."),
        .optional("share", .number(example: 0.5), "A fraction."),
        .optional("exact", .boolean(example: true), "A truth value."),
        .optional("tags", .array(of: .string(example: "hot")), "A list."),
        .optional("time", .string(format: .dateTime, example: "2026-02-28T23:59:59Z"), "A time."))

    var text: String
    var count: Int?
    var share: Double?
    var exact: Bool?
    var tags: [String]?
    var time: Date?
}

/// JSON that is read is written so that it is read again as the same; so is a payload, but for what is below a millisecond.
func fuzzJSON(_ bytes: [UInt8]) {
    let data = Data(bytes)
    guard let value = try? JSONValue(json: data) else {
        precondition((try? PayloadCoder.input(FuzzedPayload.self, from: data)) == nil || data.isEmpty)
        return
    }
    precondition((try? JSONValue(json: value.json())) == value, "\(value) is read as something else.")
    _ = try? ContractDescriptor(json: value)
    _ = try? PayloadCoder.output(JWKSet.self, from: data)
    guard let payload = try? PayloadCoder.input(FuzzedPayload.self, from: data) else { return }
    guard let encoded = try? PayloadCoder.encode(payload) else { preconditionFailure("\(payload) is not written.") }
    let again = (try? PayloadCoder.input(FuzzedPayload.self, from: encoded)).flatMap { try? PayloadCoder.encode($0) }
    precondition(again == encoded, "\(payload) is read as something else.")
}

let jsonSeeds: [[UInt8]] = [
    #"{"text":"tea","count":3,"share":-0.5e-3,"exact":true,"tags":["a","\u00e9\ud83d\ude00\n"]}"#,
    #"{"text":"a","time":"2026-02-28T23:59:59+01:00"}"#, #"{"text":"a","time":"9999-12-31T23:59:59.9996-00:01"}"#,
    #"[[[1,2.5,-0,1e308,9223372036854775807],{}],null,false]"#,
    #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}"#,
    #"{"name":"shop","version":"1.0.0","endpoints":[{"name":"add","input":{"type":"object"}}]}"#,
    "\"\u{FEFF}\\\"\\/\\b\\f\"", " 1 ", "18446744073709551616", "1E400", "{\"a\":1,\"a\":2}",
].map { Array($0.utf8) }

// MARK: - Tokens, keys and settings

private let rules = ClaimsValidator(issuer: "star", audience: "star")

/// A token, as a whole and its claims alone.
func fuzzToken(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let token = JWSCompact(text) {
        precondition(token.signed.count < text.utf8.count)
        precondition(!JWK(SHA256.hash(Array("nobody's".utf8))).verifies(token))
        _ = try? rules.principal(token.payload, at: Date(timeIntervalSince1970: 1_800_000_000))
    }
    if let decoded = Base64URL.decode(bytes) { precondition(Base64URL.encode(decoded) == text) }
    _ = try? rules.principal(bytes, at: Date(timeIntervalSince1970: 1_800_000_000))
    _ = Call.token(nil, authorization: text)
}

let tokenSeeds: [[UInt8]] = {
    let claims = """
        {"iss":"star","aud":["star"],"sub":"ada","client_id":"ada","jti":"1","iat":1799999990,"exp":1800000300,\
        "scope":"time smoke"}
        """
    let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"a"}"#
    let parts = [header, claims].map { Base64URL.encode($0.utf8) }
    let signature = Base64URL.encode([UInt8](repeating: 7, count: 64))
    let token = (parts + [signature]).joined(separator: ".")
    return [token, claims, "Bearer " + token, "a..b", "AQ"].map { Array($0.utf8) }
}()

/// A settings file.
func fuzzSettings(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    var parser = EnvironmentFileParser(text, environment: ["HOME": "/root", "EMPTY": ""])
    do {
        try parser.parse()
        for (_, entry) in parser.entries { precondition(entry.line >= 1) }
    } catch {
        precondition(error.line >= 1 && error.line <= 1 + bytes.count { $0 == 10 }, "There is no line \(error.line).")
    }
}

let settingsSeeds: [[UInt8]] = [
    "# a comment\nNAME=value # more\nexport OTHER = ${NAME:-none}\n", "A: 'as $it \\ is'\nB=\"\\n\\\" ${A?must} $$\"\n",
    "A=${B:-${C:+x}}\nD=$E-${F-}\n", "NAME\n\tA.b-[0]=1\n", "A=\"\nB\"\nC='", "export  =\n", "A=${", "A=#\n", "A=1\r",
].map { Array($0.utf8) }

/// Keys of CURVE in each of their forms, and addresses.
func fuzzKeys(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = try? CurvePublicKey(text: text) {
        precondition(key.bytes.count == 32)
        precondition((try? CurvePublicKey(text: key.z85))?.bytes == key.bytes)
    }
    _ = try? CurveSecretKey(text: text)
    if let address = try? Address(text) {
        precondition((try? Address(address.description)) == address, "\(address) is read as another address.")
    }
    _ = try? Timestamp(text)
}

let keySeeds: [[UInt8]] = [
    "public-key=\"public-key=" + String(repeating: "A", count: 29) + "\"",
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", String(repeating: "0f", count: 32),
    "#  ZeroMQ CURVE\nmetadata\ncurve\n    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n",
    "    secret-key = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6'\n", "tcp://[::1]:5555", "tcp://*:0",
    "ipc:///tmp/a.sock",
    "inproc://a", "tcp://example.org:65535", "ipc://@a", "2026-02-28T23:59:59.123Z",
].map { Array($0.utf8) }
