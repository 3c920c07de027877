/// A store whose tables can be copied into another's.
package protocol CopyableStore: TransactionalStore where Transaction: CopyableTransaction {
    /// Reads everything as of one moment, on a thread that may block.
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
    func rows(of table: StoreTable, after last: StoreTable.Row?, limit: Int) throws -> [StoreTable.Row]

    func insert(_ rows: [StoreTable.Row], into table: StoreTable) throws

    func deleteAll(of table: StoreTable) throws

    /// Lets numbers that the store gives itself go on after those that were copied.
    func endCopy() throws
}
