import ArgumentParser
@preconcurrency import Glibc
import Hosting

/// Standard input, output and error of the process.
enum StandardStreams {
    /// Prepares them before anything else is opened: a stream that is closed is opened such that its use fails, so that
    /// no database gets its descriptor; and output that is lost makes the process exit with 1, whatever has printed it.
    static func prepare() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The system gives the lowest descriptor that is free: this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
        atexit { StandardStreams.failIfOutputIsLost() }
    }

    private static func failIfOutputIsLost() {
        let wasLost = ferror(stdout) != 0
        errno = 0
        guard fflush(stdout) != 0 || wasLost else { return }
        // The reason for what was lost earlier is not known any more.
        let reason = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
        // A reader that has what it wants, such as head, closes its end.
        if errno != EPIPE {
            Exit.printError("What was to be printed could not be written to standard output\(reason).")
            LineWriter.standardError.flush(within: .seconds(1))
        }
        _exit(ExitCode.failure.rawValue)
    }
}
