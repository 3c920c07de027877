/// A violation of ZMTP by the other side. The connection is closed.
package struct ZMTPError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
