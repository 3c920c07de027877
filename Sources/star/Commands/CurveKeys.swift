import ArgumentParser
import Files
import Foundation
import ZeroMQ

extension Keys {
    /// `star keys curve`.
    struct Curve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the keys with which services know each other over tcp://, and touches no store.",
            discussion: """
                It writes a file for each name, with its secret key (NAME_CURVE_SECRET_KEY_FILE), and one called public for all \
                of them (CURVE_PUBLIC_KEYS). Files that exist stay: their keys are known elsewhere.
                """)

        @Argument(help: "The directory to write to.", completion: .directory)
        var directory: String

        @Argument(help: "The names, such as auth and resource.")
        var names: [String]

        func validate() throws {
            guard !names.contains("public") else { throw ValidationError("“public” is the name of the other file.") }
            guard Set(names).count == names.count, !names.contains(where: { $0.contains("/") }) else {
                throw ValidationError("Each name is a file's, once.")
            }
        }

        func run() async throws {
            try await Exit.onError {
                let folder = URL(filePath: directory, directoryHint: .isDirectory)
                let keys = try names.map { ($0, try Self.pair(in: folder.appending(path: $0)).publicKey.hex) }
                let text = keys.map { "\($0)=\($1)" }.joined(separator: ",")
                try PrivateFile.write(text + "\n", to: folder.appending(path: "public"))
                print("\(directory) holds a key for each of \(names.joined(separator: ", ")), and public.")
            }
        }

        /// - Returns: the pair of the file's key, which is made if there is none.
        private static func pair(in file: URL) throws -> CurveKeyPair {
            guard !FileManager.default.fileExists(atPath: file.path) else {
                let text = String(outside: try PrivateFile(file.path).data) ?? ""
                return try CurveKeyPair(
                    secretKey: CurveSecretKey(text: text.trimmingCharacters(in: .whitespacesAndNewlines)))
            }
            let pair = try CurveKeyPair.generate()
            try PrivateFile.createNew(file)
            try PrivateFile.write(pair.secretKey.hex + "\n", to: file)
            return pair
        }
    }
}
