internal import Testing
internal import ZeroMQ

@Suite("A CURVE key is read")
struct CurveKeyTests {
    private static let publicHex = "bb88471d65e2659b30c55a5321cebb5aab2b70a398645c26dca2b2fcb43fc518"
    private static let publicZ85 = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
    private static let secretHex = "7bb864b489afa3671fbe69101f94b38972f24816dfb01b51656b3fec8dfd0888"
    private static let secretZ85 = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

    private static let public0 = "\n#   Exchange freely.\n\nmetadata\ncurve\n    public-key = \"\(publicZ85)\"\n"
    private static let secret0 = public0 + "    secret-key = \"\(secretZ85)\"\n"
    private static let czmq = """
        #   ****  Generated on 2026-11-28 12:00:00 by CZMQ  ****
        metadata
            name = "public-key"
        curve
            secret-key = "\(secretZ85)"
            public-key = "\(publicZ85)"
        """

    @Test(
        "in either form, and out of the certificates of zmq.auth and czmq",
        arguments: [
            publicHex, publicHex.uppercased(), publicZ85, public0, secret0, czmq, windows(public0), " \(publicZ85)\n",
        ])
    func publicKey(_ text: String) throws {
        let key = try CurvePublicKey(text: text)
        #expect(key.hex == Self.publicHex && key.z85 == Self.publicZ85)
    }

    @Test("as what it is, even if it reads like a line of a certificate")
    func certificateWithinKey() throws {
        let text = "public-key=" + String(repeating: "A", count: 29)
        #expect(try CurvePublicKey(text: text).z85 == text)
    }

    @Test(
        "as a secret, out of a certificate that has one",
        arguments: [secretHex, secretZ85, secret0, czmq, windows(secret0)])
    func secretKey(_ text: String) throws {
        let pair = try CurveKeyPair(secretKey: CurveSecretKey(text: text))
        #expect(pair.secretKey.hex == Self.secretHex && pair.publicKey.z85 == Self.publicZ85)
    }

    @Test("out of the certificates that are written here")
    func certificates() throws {
        let pair = try CurveKeyPair.generate()
        let (open, owned) = (
            CurveCertificate.text(of: pair, hasSecret: false), CurveCertificate.text(of: pair, hasSecret: true)
        )
        #expect(!open.contains(pair.secretKey.z85))
        #expect(try CurvePublicKey(text: open) == pair.publicKey)
        #expect(try CurveSecretKey(text: owned) == pair.secretKey)
    }

    @Test(
        "only if it is whole, and is never repeated",
        arguments: ["", "abc", publicHex + "0", publicZ85.dropLast() + "~", "curve\n    secret-key = \"abc\"", public0])
    func malformed(_ text: String) {
        let error = #expect(throws: ZeroMQError.self) { try CurveSecretKey(text: text) }
        #expect(error.map { "\($0)".contains("abc") } == false)
    }

    private static func windows(_ text: String) -> String { text.replacing("\n", with: "\r\n") }
}
