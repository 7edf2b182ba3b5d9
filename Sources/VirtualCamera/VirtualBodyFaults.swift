internal import NIOConcurrencyHelpers

// What somebody does to a body who wants to see it fail.

extension VirtualBody {
    /// Breaks something; faults add up.
    ///
    /// - Returns: what the fault is repaired by.
    @discardableResult
    public func inject(_ fault: Fault) -> FaultID {
        change { state in
            if fault.kind == .noCard { _ = state.removeCard() }
            return state.faults.inject(fault)
        }
    }

    /// Repairs everything that was broken by `inject`.
    public func repair() {
        change { state in
            if state.faults.has(.noCard) { _ = state.insertCard() }
            state.faults.repair()
        }
    }

    /// Repairs one thing.
    ///
    /// - Returns: false if it was not broken.
    @discardableResult
    public func repair(_ fault: FaultID) -> Bool {
        change { state in
            let hadCard = !state.faults.has(.noCard)
            let isRepaired = state.faults.repair(fault)
            if !hadCard, !state.faults.has(.noCard) { _ = state.insertCard() }
            return isRepaired
        }
    }

    /// What is broken, oldest first, with what is over already.
    public var faults: [InjectedFault] { state.withLockedValue { $0.faults.entries } }

    /// How many transactions a fault has struck.
    public func strikes(of fault: FaultID) -> Int { faults.first { $0.id == fault }?.strikes ?? 0 }
}

// What the connections ask of it.

extension VirtualBody {
    var isSilent: Bool { state.withLockedValue { $0.faults.isSilent } }

    /// A transaction begins: what befalls it.
    func strike(_ operation: OperationCode) -> FaultTable.Strike {
        state.withLockedValue { $0.faults.strike(operation) }
    }

    /// A transaction has arrived: it counts, whatever becomes of it.
    func count(_ operation: OperationCode) {
        state.withLockedValue { $0.counts[operation, default: 0] += 1 }
    }

    /// Where the data goes that an operation brings along now.
    func reception(of operation: OperationCode) -> DataReception {
        state.withLockedValue { $0.reception(of: operation) }
    }
}
