/// A store whose tables can be copied into another's.
package protocol CopyableStore: TransactionalStore where Transaction: CopyableTransaction {
    /// Reads everything as of one instant, on a thread that may block.
    func snapshot<Value: Sendable>(
        _ work: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(StoreError) -> Value
}

/// The tables as they are, within one transaction.
package protocol CopyableTransaction: StoreTransaction {
    /// Makes the transaction fit for a long time with pauses.
    ///
    /// - Throws: ``StoreError/unusable(_:)`` if a newer version has changed the tables.
    func beginCopy() throws

    /// The rows in the order of the table's key.
    ///
    /// - Parameter last: the key of the row before; `nil` for the first rows.
    func rows(of table: StoreTable, after last: StoreTable.RowValues?, limit: Int) throws -> [StoreTable.RowValues]

    func insert(_ rows: [StoreTable.RowValues], into table: StoreTable) throws

    func deleteAll(of table: StoreTable) throws

    /// Lets numbers that the store gives itself go on after those that were copied.
    func endCopy() throws
}

/// Copies all that a store holds into another one.
package enum StoreCopy {
    /// The number of rows that are read at once.
    private static let limit = 200

    /// Copies every table in one transaction of the target, then reads both stores again and compares them.
    ///
    /// - Returns: the number of rows of each table, in their order.
    /// - Throws: ``StoreError``, also if the target holds something, or the source has changed meanwhile. The target is as
    ///   before then.
    package static func copy(
        from source: some CopyableStore, to target: some CopyableStore
    ) async throws -> [(table: String, rows: Int)] {
        try await copy(source, to: target, comparedWith: source)
    }

    /// - Parameter later: the source as it is when it is read again.
    static func copy(
        _ source: some CopyableStore, to target: some CopyableStore, comparedWith later: some CopyableStore
    ) async throws -> [(table: String, rows: Int)] {
        let (copied, compared) = (PageQueue(), PageQueue())
        async let reading: Void = {
            do {
                try await read(source, into: copied)
                try await read(later, into: compared)
            } catch {
                for queue in [copied, compared] { queue.fail(error) }
                throw error
            }
        }()
        let counts: [Int]
        do {
            counts = try await target.write { transaction in
                try begin(transaction)
                let counts = try insert(copied, into: transaction)
                try compare(compared, with: transaction)
                try transaction.endCopy()
                return counts
            }
        } catch {
            for queue in [copied, compared] { queue.fail(error) }
            _ = try? await reading
            throw error
        }
        try await reading
        return zip(StoreTable.all, counts).map { ($0.name, $1) }
    }

    private static func read(_ source: some CopyableStore, into queue: PageQueue) async throws {
        try await source.snapshot { transaction in
            try transaction.beginCopy()
            for index in StoreTable.all.indices { try send(index, of: transaction, to: queue) }
            try queue.send(nil)
        }
    }

    /// Sends all rows of a table. Its last page is not full, and may be empty.
    private static func send(_ index: Int, of transaction: some CopyableTransaction, to queue: PageQueue) throws {
        var last: StoreTable.RowValues?
        while true {
            let table = StoreTable.all[index]
            let rows = try transaction.rows(of: table, after: last, limit: limit)
            try queue.send(RowPage(table: index, last: last, rows: rows))
            guard rows.count == limit, let final = rows.last else { return }
            last = Array(final.prefix(table.key.count))
        }
    }

    /// Refuses a target that is not empty. One that is new has its row of versions.
    private static func begin(_ transaction: some CopyableTransaction) throws {
        try transaction.beginCopy()
        for table in StoreTable.all where table.counters.isEmpty {
            guard try transaction.rows(of: table, after: nil, limit: 1).isEmpty else {
                throw StoreError.unusable(
                    "It holds \(table.name) already, and a copy is made into an empty store only.")
            }
        }
        for table in StoreTable.all where !table.counters.isEmpty { try transaction.deleteAll(of: table) }
    }

    private static func insert(_ queue: PageQueue, into transaction: some CopyableTransaction) throws -> [Int] {
        var counts = StoreTable.all.map { _ in 0 }
        while let page = try queue.next() {
            try transaction.insert(page.rows, into: StoreTable.all[page.table])
            counts[page.table] += page.rows.count
        }
        return counts
    }

    private static func compare(_ queue: PageQueue, with transaction: some CopyableTransaction) throws {
        while let page = try queue.next() {
            let table = StoreTable.all[page.table]
            guard try transaction.rows(of: table, after: page.last, limit: limit) == page.rows else {
                throw StoreError.unavailable(
                    "The copy's \(table.name) differ from the source's, which has changed meanwhile. Stop auth, and try again."
                )
            }
        }
    }
}
