public import Foundation

/// The store of what must outlast auth. The rules hold for all of its parts:
///
/// * **Acknowledged is durable.** When a method that writes returns, what it wrote outlasts a crash of the machine.
/// * **Each method is one transaction**, with what it says it ends and with its line of the audit trail; nobody sees a
/// part.   What a method refuses, it refuses also when two callers, or two processes, try at once.
/// * **Refused is not failed.** A ``StoreRejection`` is a result and leaves everything as it was. A ``StoreError`` is thrown:
/// the   store is gone, full, read-only or held. The next call tries anew; a store mends without a restart.
/// * **Nothing blocks** the caller's thread: stores work on threads of their own. Only a caller on a thread that is
/// there   to be blocked (`BlockingThreadPool`) may find the work done on it.
/// * A name that holds a NUL is nobody's.
/// * Texts are compared and ordered by their UTF-8 bytes; moments are kept to the millisecond.
///
/// `AuthStoreTests` holds the tests that every store must pass.
public protocol AuthStore: UserStore, SessionStore, KeyStore, RevocationStore, AuditStore {
    /// Reads and writes, for the sake of it. When it returns, both work.
    func probe() async throws(StoreError)

    /// Deletes refresh tokens and revocations of which nothing can come any more at a moment. However many there are,
    /// others who write do not wait for more than some milliseconds.
    func prune(at moment: Date) async throws(StoreError)

    /// Lets go of files and connections. Calls after it throw ``StoreError/unavailable(_:)``.
    func close() async
}

extension String {
    /// True if it holds a NUL. Databases would read a name up to that, and find somebody else, or not take it.
    package var containsNUL: Bool { utf8.contains(0) }
}
