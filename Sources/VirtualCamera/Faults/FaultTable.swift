/// The faults of a body, and which of its transactions they strike.
struct FaultTable: Sendable {
    /// What befalls one transaction, of all faults together.
    struct Strike: Sendable, Equatable {
        var isSilent = false
        var isDropped = false
        var delay = Duration.zero
        var response: ResponseCode?
        /// After how many bytes of data the connection is closed.
        var cut: Int?
        /// What StartData announces too much.
        var lengthError = 0
        var garbage: Garbage?
        var packet: Fault.BrokenPacket?
        var hasWrongTransaction = false
    }

    /// Random bytes in place of data.
    struct Garbage: Sendable, Equatable {
        var seed: UInt64
        var length: Int?
    }

    /// Faults kept at most; the oldest of those that are over goes when another comes, or else the oldest.
    static let limit = 1024

    private(set) var entries: [InjectedFault] = []
    private var injected = 0
    private var isHanging = false

    /// Whether the body answers nothing at all.
    var isSilent: Bool {
        isHanging || entries.contains { $0.fault.isUnconditional && [.silent, .hang].contains($0.fault.kind) }
    }

    mutating func inject(_ fault: Fault) -> FaultID {
        if entries.count >= Self.limit {
            let over = entries.firstIndex { entry in entry.fault.limit.map { entry.strikes >= $0 } ?? false }
            entries.remove(at: over ?? 0)
        }
        injected += 1
        let id = FaultID(number: injected)
        entries.append(InjectedFault(id: id, fault: fault))
        return id
    }

    /// Takes a fault away. False if there is none of that number.
    mutating func repair(_ id: FaultID) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        if entries.remove(at: index).fault.kind == .hang { isHanging = false }
        return true
    }

    mutating func repair() {
        entries = []
        isHanging = false
    }

    func has(_ kind: Fault.Kind) -> Bool { entries.contains { $0.fault.kind == kind } }

    /// A transaction begins: what befalls it.
    mutating func strike(_ operation: OperationCode) -> Strike {
        var strike = Strike()
        for index in entries.indices {
            let fault = entries[index].fault
            guard !fault.isCondition, fault.operations.isEmpty || fault.operations.contains(operation) else { continue }
            if let limit = fault.limit, entries[index].strikes >= limit { continue }
            // Of two responses only one can be given: the second fault waits until the first is over.
            if case .failing = fault.kind, strike.response != nil { continue }
            entries[index].seen += 1
            guard entries[index].seen >= fault.first else { continue }
            entries[index].strikes += 1
            add(fault.kind, to: &strike)
        }
        return strike
    }

    private mutating func add(_ kind: Fault.Kind, to strike: inout Strike) {
        switch kind {
        case .silent: strike.isSilent = true
        case .hang:
            strike.isSilent = true
            isHanging = true
        case .slow(let time): strike.delay = max(strike.delay, time)
        case .failing(let response): strike.response = response
        case .drop: strike.isDropped = true
        case .cut(let bytes): strike.cut = min(strike.cut ?? .max, bytes)
        case .wrongLength(let bytes): strike.lengthError += bytes
        case .garbage(let seed, let length): strike.garbage = Garbage(seed: seed, length: length)
        case .garbagePacket(let packet): strike.packet = packet
        case .wrongTransaction: strike.hasWrongTransaction = true
        case .cardFull, .noCard: break
        }
    }
}
