/// What goes wrong with a body, for those who want to see how a program takes it.
///
/// A fault strikes every transaction from now on until it is repaired, unless `on`, `at` and `times` say which, from which
/// on and how many: `.drop.on(.getPartialObject).at(3).times(1)`.
public struct Fault: Sendable, Equatable {
    /// A packet of PTP/IP that is none.
    public enum BrokenPacket: Sendable, Hashable {
        /// A response whose length says four gigabytes.
        case absurdLength
        /// A packet whose length is less than that of its own head.
        case shortLength
        /// A packet of a type that there is not.
        case unknownType
        /// 64 random bytes.
        case noise(seed: UInt64)
    }

    /// What a fault does.
    enum Kind: Sendable, Equatable {
        case silent
        case hang
        case slow(Duration)
        case failing(ResponseCode)
        case drop
        case cut(after: Int)
        case wrongLength(by: Int)
        case garbage(seed: UInt64, length: Int?)
        case garbagePacket(BrokenPacket)
        case wrongTransaction
        case cardFull
        case noCard
    }

    let kind: Kind
    /// The operations that it strikes; empty: every one.
    private(set) var operations: Set<OperationCode> = []
    /// The first of those transactions that it strikes, from 1.
    private(set) var first = 1
    /// How many it strikes, nil: all that come until it is repaired.
    private(set) var limit: Int?

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// Whether it strikes everything from now on.
    var isUnconditional: Bool { operations.isEmpty && first == 1 && limit == nil }

    /// Whether it is a state that the card is in, not something that befalls transactions.
    var isCondition: Bool { kind == .cardFull || kind == .noCard }

    // MARK: What

    /// Transactions are not answered, then or later. Unless `on`, `at` or `times` say which, the whole body is silent at
    /// once, for new connections too, and sends no events.
    public static let silent = Fault(.silent)

    /// From the first transaction that it strikes on, the whole body is silent until it is repaired.
    public static let hang = Fault(.hang)

    /// Answers come no earlier than that after the request, whatever the description says.
    public static func slow(_ time: Duration) -> Fault { Fault(.slow(time)) }

    /// Transactions fail with a response code, and do nothing.
    public static func failing(_ response: ResponseCode) -> Fault { Fault(.failing(response)) }

    /// The next `count` transactions of an operation fail with a response code, and do nothing.
    public static func failing(_ operation: OperationCode, _ response: ResponseCode, count: Int) -> Fault {
        failing(response).on(operation).times(count)
    }

    /// The body is busy (Device_Busy, 0x2019).
    public static let busy = failing(.deviceBusy)

    /// Every connection of the body is closed when the request is there.
    public static let drop = Fault(.drop)

    /// Every connection of the body is closed when so many bytes of the answer's data were sent.
    public static func cut(after bytes: Int) -> Fault { Fault(.cut(after: max(0, bytes))) }

    /// The answer announces so many bytes of data more than it sends, or less if the number is negative.
    public static func wrongLength(by bytes: Int) -> Fault {
        Fault(.wrongLength(by: min(longest, max(-longest, bytes))))
    }

    /// The answer's data is random bytes, the same for the same seed; as many as there should be unless `length` says
    /// how many. An answer without data is as ever.
    public static func garbage(seed: UInt64, length: Int? = nil) -> Fault {
        Fault(.garbage(seed: seed, length: length.map { min(longest, max(0, $0)) }))
    }

    /// In place of the answer comes a packet that is none.
    public static func garbagePacket(_ packet: BrokenPacket) -> Fault { Fault(.garbagePacket(packet)) }

    /// The response carries the number of another transaction.
    public static let wrongTransaction = Fault(.wrongTransaction)

    /// The card has no space left, for pictures (PTP's Store_Full) and for objects that are sent. `on`, `at` and `times` mean
    /// nothing to it.
    public static let cardFull = Fault(.cardFull)

    /// There is no card in the body. `on`, `at` and `times` mean nothing to it.
    public static let noCard = Fault(.noCard)

    /// As far as PTP's 32 bits reach.
    private static let longest = Int(UInt32.max)

    // MARK: When

    /// The same fault for some operations only.
    public func on(_ operations: OperationCode...) -> Fault { on(Set(operations)) }

    /// The same fault for some operations only; none means all.
    public func on(_ operations: Set<OperationCode>) -> Fault {
        var fault = self
        fault.operations = operations
        return fault
    }

    /// The same fault, from the `first` transaction on that comes after it was injected and is of its operations; 1 is the
    /// next one.
    public func at(_ first: Int) -> Fault {
        var fault = self
        fault.first = max(1, first)
        return fault
    }

    /// The same fault for so many transactions; then it is over.
    public func times(_ count: Int) -> Fault {
        var fault = self
        fault.limit = max(0, count)
        return fault
    }
}

/// One fault of a body among others.
public struct FaultID: Hashable, Sendable {
    /// Counted from 1, in the order in which a body's faults were injected.
    public let number: Int

    /// The fault of a number.
    public init(number: Int) { self.number = number }
}

/// A fault that a body has.
public struct InjectedFault: Sendable, Equatable {
    /// By what it is repaired.
    public let id: FaultID
    /// What it does.
    public let fault: Fault
    /// How many transactions it has struck.
    public internal(set) var strikes = 0
    /// How many it has seen of those that it could strike.
    var seen = 0
}
