internal import NIOConcurrencyHelpers

// The log of a body's transactions.

extension VirtualBody {
    /// The latest transactions of the body, oldest first by when they ended: as many as the description's
    /// `transactionLogLength` says.
    public func transactions() -> [TransactionRecord] { ring.withLockedValue { $0.all } }

    /// Whether somebody wants to know of transactions.
    var isLogged: Bool { logFile != nil || description.transactionLogLength > 0 }

    /// A record of a transaction that begins; nil if nobody wants to know.
    func record(
        of transaction: PtpTransaction, connection: UInt32, _ arrivals: ArrivalStamps?
    ) -> TransactionRecord? {
        guard isLogged else { return nil }
        let stamp = arrivals?.moment
        return TransactionRecord(
            body: description.name, bodyIndex: description.index, connection: connection,
            operation: transaction.operation, transaction: transaction.identifier, parameters: transaction.parameters,
            arrival: stamp ?? .now, isArrivalByKernel: stamp != nil)
    }

    /// A transaction has ended.
    func log(_ record: TransactionRecord?) {
        guard let record else { return }
        ring.withLockedValue { $0.append(record) }
        logFile?.append(record)
    }
}
