import CSodium

/// The memory of a process that hashes passwords.
public enum MallocTuning {
    /// Bytes.
    private static let step: Int32 = 4 << 20

    /// Lets the heaps of glibc grow in large steps, and seldom. Call it at the start of a process, before its threads have
    /// heaps.
    ///
    /// libsodium asks the system for the memory of each hash anew. Until that is there, some milliseconds, the system gives
    /// the process no other: a thread whose heap must grow waits, and all whom it serves with it.
    public static func growInLargeSteps() {
        #if canImport(Glibc)
            mallopt(M_TOP_PAD, step)
            // Once one of the two is told, glibc finds neither by itself.
            mallopt(M_MMAP_THRESHOLD, step)
        #endif
    }
}
