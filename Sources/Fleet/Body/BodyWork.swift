import FleetModel
import NIOCore
import PacketProtocol

/// Names a client's command, so that it can be found again and stopped.
struct WorkKey: Hashable, Sendable {
    /// The session that it came by.
    let session: UInt32
    /// The client's transaction_ID; of a sequence's releases none.
    var transaction: UInt32?
    /// The sequence that it is of.
    var sequence: UInt64?
    /// The shot that it is of.
    var shot: Int64?
    /// Who lists the body's card.
    var listing: ObjectIdentifier?
    /// Whose settings command it is of: it ends with that client's connection.
    var settings: ClientID?
}

/// One command for a body, as it goes to its worker.
struct BodyWork: Sendable {
    /// Which of the waiting goes first.
    enum Priority: Int, Comparable, Sendable {
        case release = 0
        case command = 1

        static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    var code: UInt16
    var arguments: ByteBuffer
    var priority: Priority = .command
    var limit: Duration
    /// Whether the body counts as busy while it runs: it releases or exposes.
    var occupies = false
    /// Who touches the body with it, which another's lock forbids also when it was taken while the work waited.
    var toucher: ClientID?

    /// A command with arguments that are written as JSON.
    init(_ code: CommandCode, _ arguments: some Encodable, limit: Duration) {
        self.init(code: code.rawValue, arguments, limit: limit)
    }

    init(code: UInt16, _ arguments: some Encodable, limit: Duration) {
        self.code = code
        self.arguments = PacketEncoder.json(arguments)
        self.limit = limit
    }
}

/// The commands that wait for a body: first the more urgent, of equals first the one that came first. A value without
/// clocks or tasks. When `capacity` commands wait, one more is refused.
struct BodyQueue<Ticket: Sendable>: Sendable {
    struct Entry: Sendable {
        let key: WorkKey
        let work: BodyWork
        let ticket: Ticket
    }

    private let capacity: Int
    private var entries: [Entry] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }
    var tickets: [Ticket] { entries.map(\.ticket) }

    /// Puts a command behind those that are as urgent; false when the queue is full.
    mutating func append(_ entry: Entry) -> Bool {
        guard entries.count < capacity else { return false }
        let place = entries.lastIndex { $0.work.priority <= entry.work.priority }.map { $0 + 1 } ?? 0
        entries.insert(entry, at: place)
        return true
    }

    /// Takes the command whose turn it is.
    mutating func next() -> Entry? {
        entries.isEmpty ? nil : entries.removeFirst()
    }

    /// Drops every command of whose ticket this is so.
    mutating func drop(where isDone: (Ticket) -> Bool) {
        entries.removeAll { isDone($0.ticket) }
    }

    /// Takes out every command that `matches`.
    mutating func remove(where matches: (WorkKey) -> Bool) -> [Entry] {
        let removed = entries.filter { matches($0.key) }
        entries.removeAll { matches($0.key) }
        return removed
    }
}
