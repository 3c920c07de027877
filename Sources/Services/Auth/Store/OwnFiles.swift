import Contracts
import Files
import Foundation
import Logging
import RPC

/// The files that belong to auth alone, whatever a mount has done to their modes.
package enum OwnFiles {
    private static let logger = Logger(label: "auth.store", service: AuthContract.name)

    /// Takes from group and others whatever they may do with those of the files that exist, and logs it.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` if others can use a file of another user, who alone could change that.
    package static func restrictToOwner(_ paths: [String]) throws(StoreError) {
        var changed: [String] = []
        for path in paths {
            do throws(PrivateFileError) {
                if try PrivateFile.restrictToOwner(path) { changed.append(path) }
            } catch {
                guard error.code != ENOENT else { continue }
                throw .unusable(
                    """
                    Others than its owner can use the file \(path), and auth may not change that: \(error.reason). Run \
                    chmod 600 as its owner; on Kubernetes set fsGroupChangePolicy: OnRootMismatch, and the runAsUser that \
                    made it.
                    """)
            }
        }
        guard !changed.isEmpty else { return }
        logger.notice(
            "Others than their owner could use files of auth; their modes are 0600 again",
            metadata: ["files": "\(changed.joined(separator: " "))"])
    }
}
