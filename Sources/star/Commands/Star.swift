import ArgumentParser
import Auth
import Endpoints
import Files
import Foundation
import Hosting
import Passwords

/// The command people type.
@main
struct Star: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "star",
        abstract: "Runs the Starmicroservices, and helps the people who work with them.",
        discussion: """
            A first look:
              star serve all            runs every service, in one process
              star health all           says whether they are ready
              star contracts            lists what they offer
              star call webapp.current_time
              star documents openapi resource
              star users add ada        adds a user, whose password is read from the terminal
              star store backup FILE    copies auth's store while auth runs
              star new greeting         makes a service from the boilerplate, in a clone of the repository

            Names are completed once your shell has read what `star --generate-completion-script bash` prints (or zsh, fish).
            Settings come from the environment and from .env in the working directory; `star settings` lists them all.
            Exit codes: 0 done, 1 failed while running, 64 wrong usage, 78 wrong settings.
            """,
        version: "star \(Application.kitVersion)",
        subcommands: [
            Serve.self, HealthCheck.self, CallEndpoint.self, ListContracts.self, Users.self, Clients.self, Keys.self,
            StoreCopies.self,
            SettingsList.self,
            WriteDocuments.self, NewService.self, Bench.self,
        ])

    static func main() async {
        StandardStreams.prepare()
        MallocTuning.growInLargeSteps()
        // Swift reads them from /proc. Without it a service would print its help, and say that all went well.
        guard !CommandLine.arguments.isEmpty else {
            Exit.printError("There are no arguments, not even a name: /proc is not mounted, or LD_PRELOAD hides it.")
            Self.exit(withError: ExitCode.failure)
        }
        await main(joinedWithOptions(Array(CommandLine.arguments.dropFirst())))
    }

    /// Joins each value that begins as no option can, such as a key in Z85, with the option before it. ArgumentParser
    /// refuses such an argument wherever it stands, even after an option whose parsing is `.unconditional`.
    private static func joinedWithOptions(_ arguments: [String]) -> [String] {
        var joined: [String] = []
        for argument in arguments {
            if let option = joined.last, option.hasPrefix("--"), option.count > 2, !option.contains("="),
                argument.hasPrefix("-=") || argument.hasPrefix("---")
            {
                joined[joined.count - 1] = "\(option)=\(argument)"
            } else {
                joined.append(argument)
            }
        }
        return joined
    }
}

/// The ways in which commands end: with a sentence on standard error, and a code that scripts can distinguish
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
            printError(error.description)
            throw wrongSettings
        } catch StoreError.unusable(let reason) {
            printError("AUTH_DATABASE: \(reason)")
            throw wrongSettings
        } catch let problem as Problem {
            printError(problem.detail)
            throw ExitCode.failure
        } catch let error as CocoaError {
            // As it describes itself, it is a dump of its parts. Standard output alone has no path.
            let path = error.filePath ?? error.url?.path
            let failure = PrivateFileError(path ?? "", error)
            printError(path == nil ? "Standard output cannot be written: \(failure.reason)." : failure.description)
            throw ExitCode.failure
        } catch {
            printError(String(describing: error))
            throw ExitCode.failure
        }
    }

    static func printError(_ sentence: String) {
        LogFormat.writeFailure(sentence, of: "star")
    }
}
