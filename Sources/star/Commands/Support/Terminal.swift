import Foundation

/// The terminal at standard input.
enum Terminal {
    /// Its settings before its echo was turned off, for the handlers of signals, which may use nothing else.
    nonisolated(unsafe) private static var original = termios()

    /// Runs something while the terminal does not show what is typed. A signal that ends or stops the process gives the
    /// terminal its echo back first, which `getpass` does not do.
    ///
    /// - Parameter prompt: written to standard error first.
    static func withoutEcho<Value>(_ prompt: String, _ body: () -> Value) -> Value {
        tcgetattr(STDIN_FILENO, &original)
        for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
            Foundation.signal(signal) { number in
                Terminal.showInput()
                Foundation.signal(number, SIG_DFL)
                raise(number)
            }
        }
        signal(SIGTSTP) { _ in
            Terminal.showInput()
            raise(SIGSTOP)
            Terminal.hideInput()
        }
        hideInput()
        FileHandle.standardError.write(Data(prompt.utf8))
        defer {
            showInput()
            for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP] { signal(number, SIG_DFL) }
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return body()
    }

    private static func hideInput() {
        var settings = original
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    private static func showInput() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &original) }
}
