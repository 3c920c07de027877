import ArgumentParser

/// The subjects that a run compares by default: the ways to reach a service, and the floors beneath them.
enum Wire: String, CaseIterable, ExpressibleByArgument {
    case inProcess = "in-process"
    case inproc
    case ipc
    /// With no token that is remembered from the calls before.
    case ipcCold = "ipc-cold"
    case tcp
    case curve
    case http
    case bareZeroMQ = "libzmq"
    case bareSocket = "socket"

    /// Its name in tables.
    var title: String {
        switch self {
        case .inProcess: "in-process"
        case .inproc: "ZeroMQ inproc"
        case .ipc: "ZeroMQ ipc"
        case .ipcCold: "ZeroMQ ipc, cold token"
        case .tcp: "ZeroMQ tcp"
        case .curve: "ZeroMQ tcp, CURVE"
        case .http: "HTTP keep-alive"
        case .bareZeroMQ: "libzmq alone (C)"
        case .bareSocket: "Unix socket alone (C)"
        }
    }
}
