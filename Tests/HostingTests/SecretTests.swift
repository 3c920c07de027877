import Foundation
import RPC
import TemporaryFiles
import Testing
import ZeroMQ

@testable import Hosting

@Suite("Secrets among settings")
struct SecretTests {
    private static let setting = Setting<String>(
        "A_SECRET", "A secret.", default: nil, isSecret: true
    ) { text throws(SettingFault) in
        guard text.hasPrefix("right") else { throw SettingFault("must be right") }
        return text
    }

    let directory = TemporaryDirectory()

    func complaint(_ values: [String: String]) -> String? {
        do throws(SettingsError) {
            _ = try Settings(values).value(for: Self.setting)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("come from the environment, or from a file that only its owner can read")
    func file() throws {
        #expect(try Settings(["A_SECRET": "right one"]).value(for: Self.setting) == "right one")
        let path = try directory.write("right one\n", to: "secret")
        #expect(try Settings(["A_SECRET_FILE": path]).value(for: Self.setting) == "right one")
    }

    @Test("come from the file where the environment leaves them empty, as env.example does")
    func empty() throws {
        let path = try directory.write("right one\n", to: "secret")
        #expect(try Settings(["A_SECRET": "", "A_SECRET_FILE": path]).value(for: Self.setting) == "right one")
        #expect(try Settings(["A_SECRET": "", "A_SECRET_FILE": path]).optional(Self.setting) == "right one")
    }

    @Test(
        "are refused if a file says otherwise than the setting beside it; the environment goes before .env in either form"
    )
    func both() throws {
        let path = try directory.write("right one\n", to: "secret")
        #expect(
            complaint(["A_SECRET": "right two", "A_SECRET_FILE": path])
                == "A_SECRET and A_SECRET_FILE are both set, and differ: remove one of them.")
        #expect(try Settings(["A_SECRET": "right one", "A_SECRET_FILE": path]).value(for: Self.setting) == "right one")
        #expect(
            try Settings(["A_SECRET": "right two", "A_SECRET_FILE": "/dev/null"]).value(for: Self.setting)
                == "right two")
        let variable = "STAR_TEST_\(UUID().uuidString.prefix(8))"
        let setting = Setting<String>.text(variable, "A secret.", default: nil, isSecret: true)
        let file = try directory.write("\(variable)=from .env\n", to: "env")
        setenv(variable + "_FILE", path, 1)
        defer { unsetenv(variable + "_FILE") }
        #expect(try Settings(environmentFile: file).value(for: setting) == "right one")
    }

    @Test("are refused from a file that others can read", arguments: [0o640, 0o604, 0o660, 0o601])
    func mode(_ mode: Int) throws {
        let path = try directory.write("right one\n", to: "secret", mode: mode)
        let complaint = complaint(["A_SECRET_FILE": path])
        #expect(
            complaint == "A_SECRET_FILE names \(path), which others than its owner can read or change: chmod 600 it.")
    }

    @Test("are refused from a file that is not there, or has nothing in it")
    func noFile() throws {
        let path = directory.path(of: "nothing")
        #expect(
            complaint(["A_SECRET_FILE": path])
                == "A_SECRET_FILE names \(path), which cannot be read: No such file or directory.")
        #expect(complaint(["A_SECRET_FILE": "/dev/null"]) == "A_SECRET is not set. It is: A secret.")
        let empty = try directory.write("\n", to: "empty")
        #expect(complaint(["A_SECRET_FILE": empty]) == "A_SECRET_FILE names \(empty), which is empty.")
    }

    @Test("come from files as any system writes and mounts them")
    func kinds() throws {
        for (name, text) in ["lf": "right one\n", "crlf": "right one\r\n", "mark": "\u{FEFF}right one"] {
            let path = try directory.write(text, to: name, mode: 0o400)
            #expect(try Settings(["A_SECRET_FILE": path]).value(for: Self.setting) == "right one")
        }
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("right one\n".utf8))
        try pipe.fileHandleForWriting.close()
        let settings = Settings(["A_SECRET_FILE": "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"])
        // It can be read only once.
        #expect(try settings.optional(Self.setting) == "right one")
        #expect(try settings.value(for: Self.setting) == "right one")
        let link = directory.path(of: "link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path(of: "lf"))
        #expect(try Settings(["A_SECRET_FILE": link]).value(for: Self.setting) == "right one")
    }

    @Test("stop the start of any program in production if they stand in a settings file that others can read")
    func exposed() throws {
        let module = ServiceModule(MetaContract.self, port: 0, settings: [Self.setting.description]) { _ in
            ServiceComponents(Idle())
        }
        let known = Application.settings(of: [module])
        func refusal(_ environment: String, _ mode: Int) throws -> String? {
            let path = try directory.write("ENVIRONMENT=\(environment)\nA_SECRET=right one\n", to: "env")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let settings = try Settings(environmentFile: path)
            do throws(SettingsError) {
                try CommonSettings(settings).checkSecrets(known, in: settings)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try refusal("production", 0o644)?.hasPrefix("A_SECRET stands in a settings file") == true)
        #expect(try refusal("production", 0o600) == nil)
        #expect(try refusal("development", 0o644) == nil)
        let text = EnvironmentExample.entries(known)
        #expect(
            text.contains("# A secret.\n# In place of it, A_SECRET_FILE may name a file that holds it.\nA_SECRET=\n"))
    }

    @Test("are never in a message")
    func messages() throws {
        let path = try directory.write("wrong sesame", to: "secret")
        for values in [["A_SECRET": "wrong sesame"], ["A_SECRET_FILE": path]] {
            #expect(complaint(values) == "A_SECRET must be right.")
        }
        let error = #expect(throws: SettingsError.self) {
            _ = try ServiceSettings("auth", port: 1, Settings(["AUTH_CURVE_SECRET_KEY": "sesame"]))
        }
        #expect(
            error?.description
                == "AUTH_CURVE_SECRET_KEY must be 64 hexadecimal digits, 40 characters of Z85, or a certificate with a secret key."
        )
    }

    @Test("of CURVE come in the certificates of zmq.auth, and public keys out of their files")
    func certificates() throws {
        let pair = try CurveKeyPair.generate()
        let secret = try directory.write(CurveCertificate.text(of: pair, hasSecret: true), to: "echo.key_secret")
        let path = try directory.write(CurveCertificate.text(of: pair, hasSecret: false), to: "echo.key", mode: 0o644)
        #expect(try ServiceSettings("echo", port: 1, Settings(["ECHO_CURVE_SECRET_KEY_FILE": secret])).curve == pair)
        for keys in ["echo=file:\(path)", "echo=file:\(secret), a=\(pair.publicKey.hex)", "echo=\(pair.publicKey.z85)"]
        {
            let settings = try CommonSettings(Settings(["CURVE_PUBLIC_KEYS": keys]))
            #expect(settings.publicKeys["echo"] == pair.publicKey)
        }
        let error = #expect(throws: SettingsError.self) {
            try CommonSettings(Settings(["CURVE_PUBLIC_KEYS": "echo=file:\(path).not"]))
        }
        #expect(error?.description.contains("file:PATH of a certificate") == true)
        let twice = #expect(throws: SettingsError.self) {
            try CommonSettings(
                Settings(["CURVE_PUBLIC_KEYS": "echo=\(pair.publicKey.hex),echo=\(pair.publicKey.z85)"]))
        }
        #expect(twice?.description == "CURVE_PUBLIC_KEYS names echo twice, and a name has one key.")
    }

    @Test("of CURVE are not printed with the settings that hold them")
    func printed() throws {
        let pair = try CurveKeyPair.generate()
        let service = try ServiceSettings("auth", port: 1, Settings(["AUTH_CURVE_SECRET_KEY": pair.secretKey.hex]))
        #expect(service.curve == pair)
        for text in [String(describing: service), String(reflecting: service)] {
            #expect(!text.contains(pair.secretKey.hex) && !text.contains(pair.secretKey.z85))
            #expect(!text.contains(pair.secretKey.bytes.description))
        }
    }
}

private actor Idle: RPC.Service {
    nonisolated var handlers: Handlers { Handlers {} }
}
