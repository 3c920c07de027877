/// Why a connection cannot go on: what came breaks ZMTP. The connection is closed.
package struct ZMTPFault: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
