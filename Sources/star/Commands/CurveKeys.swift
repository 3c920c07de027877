import ArgumentParser
import Files
import Foundation
import ZeroMQ

extension Keys {
    /// `star keys curve`.
    struct MakeCurveKeys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "curve",
            abstract: "Makes the keys with which services know each other over tcp://, and touches no store.",
            discussion: """
                It writes a file for each name, with its secret key (NAME_CURVE_SECRET_KEY_FILE), and one called public for all \
                of them (CURVE_PUBLIC_KEYS). Files that exist stay: their keys are known elsewhere. As certificates of zmq.auth and \
                czmq they are NAME.key_secret, beside NAME.key with the public key alone. Settings take every form.
                """)

        enum Form: String, CaseIterable, ExpressibleByArgument {
            case hex
            case z85
            case certificate
        }

        @Argument(help: "The directory to write to.", completion: .directory)
        var directory: String

        @Argument(help: "The names, such as auth and resource.")
        var names: [String]

        @Option(help: "The form of the keys.")
        var form = Form.hex

        func validate() throws {
            guard !names.contains("public") else { throw ValidationError("“public” is the name of the other file.") }
            // In CURVE_PUBLIC_KEYS a name ends at = and a key at a comma.
            let separators = CharacterSet(charactersIn: "/=,").union(.whitespacesAndNewlines).union(.controlCharacters)
            guard Set(names).count == names.count,
                names.allSatisfy({ !$0.isEmpty && $0.rangeOfCharacter(from: separators) == nil && !$0.hasPrefix(".") })
            else { throw ValidationError("Each name is a file's, once, without spaces, commas, = and /.") }
        }

        func run() async throws {
            try await Exit.onError {
                let folder = URL(filePath: directory, directoryHint: .isDirectory)
                let text = try names.map { "\($0)=\(try publicKey(of: $0, in: folder))" }.joined(separator: ",")
                try PrivateFile.write(text + "\n", to: folder.appending(path: "public"))
                print("\(directory) holds a key for each of \(names.joined(separator: ", ")), and public.")
            }
        }

        private func publicKey(of name: String, in folder: URL) throws -> String {
            let isCertificate = form == .certificate
            let pair = try pair(in: folder.appending(path: isCertificate ? name + ".key_secret" : name))
            if isCertificate {
                let text = CurveCertificate.text(of: pair, hasSecret: false)
                try PrivateFile.write(text, to: folder.appending(path: name + ".key"))
            }
            return form == .z85 ? pair.publicKey.z85 : pair.publicKey.hex
        }

        /// - Returns: the pair of the file's key, which is made if there is none.
        private func pair(in file: URL) throws -> CurveKeyPair {
            guard !FileManager.default.fileExists(atPath: file.path) else {
                let text = String(outside: try PrivateFile(file.path).data) ?? ""
                return try CurveKeyPair(secretKey: CurveSecretKey(text: text))
            }
            let pair = try CurveKeyPair.generate()
            try PrivateFile.createNew(file)
            let text =
                switch form {
                case .hex: pair.secretKey.hex + "\n"
                case .z85: pair.secretKey.z85 + "\n"
                case .certificate: CurveCertificate.text(of: pair, hasSecret: true)
                }
            try PrivateFile.write(text, to: file)
            return pair
        }
    }
}
