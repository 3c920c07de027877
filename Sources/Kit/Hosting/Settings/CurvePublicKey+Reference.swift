import Foundation
public import ZeroMQ

extension CurvePublicKey {
    /// The forms of a key in settings and arguments.
    public static let forms = "64 hexadecimal digits, 40 characters of Z85, or file:PATH of a certificate"

    /// A key as it is written in settings and arguments: itself, or `file:` with the path of a certificate.
    ///
    /// - Throws: `ZeroMQError` `EINVAL` if it is none; the system's error if there is no such file.
    public init(reference: String) throws {
        let scheme = "file:"
        guard reference.hasPrefix(scheme) else {
            try self.init(text: reference)
            return
        }
        let file = URL(fileURLWithPath: String(reference.dropFirst(scheme.count)))
        try self.init(text: String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
