import Dispatch
import Synchronization

/// Rows of a table, by its place in ``StoreTable/all``.
struct RowPage: Sendable {
    let table: Int
    /// The key of the row before.
    let last: StoreTable.RowValues?
    let rows: [StoreTable.RowValues]
}

/// A few pages between the thread that reads one store and the thread that writes another. Both may block.
final class PageQueue: Sendable {
    private enum State {
        /// `nil` stands for the end.
        case open([RowPage?])
        case failed(any Error)
    }

    private let state = Mutex(State.open([]))
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    init() {
        // A semaphore that was made with a value traps if it has less at its end.
        for _ in 0..<4 { room.signal() }
    }

    /// Waits for room.
    ///
    /// - Parameter page: `nil` after the last one.
    /// - Throws: the error that one side has failed with.
    func send(_ page: RowPage?) throws {
        room.wait()
        try state.withLock { state in
            switch state {
            case .open(let pages): state = .open(pages + [page])
            case .failed(let error): throw error
            }
        }
        filled.signal()
    }

    /// Waits for the next page; `nil` after the last one.
    ///
    /// - Throws: the error that one side has failed with.
    func next() throws -> RowPage? {
        filled.wait()
        defer { room.signal() }
        return try state.withLock { state in
            switch state {
            case .open(var pages):
                let first = pages.removeFirst()
                state = .open(pages)
                return first
            case .failed(let error): throw error
            }
        }
    }

    /// Ends both sides with an error, unless one has failed before. Neither calls again after it was thrown.
    func fail(_ error: any Error) {
        state.withLock { state in
            if case .failed = state { return }
            state = .failed(error)
        }
        room.signal()
        filled.signal()
    }
}
