import RPC
import ZeroMQ

/// Where a publisher lets listeners connect: one address, on the publisher's thread.
protocol NewsOutlet: AnyObject {
    /// Where it really listens: with the port, where the kernel chose one.
    var address: Address { get }

    /// Sends to everybody who listens now. A listener that reads too slowly misses it.
    func send(_ bulletin: Bulletin)

    /// Lets go of all connections and of the address. What was sent last has half a second to leave.
    func close()
}
