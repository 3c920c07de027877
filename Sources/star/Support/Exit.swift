import ArgumentParser
import Auth
import Foundation
import Hosting

/// The ways in which commands end: with a sentence on standard error, and a code that scripts can tell apart
/// (sysexits.h).
enum Exit {
    static let wrongSettings = ExitCode(78)

    /// Runs a command's work.
    ///
    /// - Throws: `ExitCode`, after the sentence has been written.
    static func onError(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let exit as ExitCode {
            throw exit
        } catch let error as SettingsError {
            say(error.description)
            throw wrongSettings
        } catch StoreError.unusable(let reason) {
            say("AUTH_DATABASE: \(reason)")
            throw wrongSettings
        } catch {
            say(String(describing: error))
            throw ExitCode.failure
        }
    }

    static func say(_ sentence: String) {
        LineWriter.standardError.write(Data("star: \(sentence)\n".utf8))
    }
}
