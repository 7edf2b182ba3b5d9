import FleetModel
import NIOCore
import PacketProtocol

/// What was asked on a connection to port 5555 and is not answered yet: a value that takes packets and says who is to be
/// told, without a socket.
struct Conversation: Sendable {
    typealias Answer = Result<Reply, FleetClientError>
    typealias Waiter = CheckedContinuation<Answer, Never>
    typealias GreetingWaiter = CheckedContinuation<Result<ConnectionGreeting, FleetClientError>, Never>

    /// What came for a transaction: the JSON of its OK, and the bytes of the data packets before it.
    struct Reply: Sendable {
        var json: ByteBuffer
        var data = ByteBuffer()
    }

    /// A transaction that is not answered yet. Without a limit it takes no data: data packets are dropped.
    private struct Pending: Sendable {
        var waiter: Waiter
        var dataLimit: Int?
        var data = ByteBuffer()
    }

    /// What follows from a packet or from the end.
    enum Action {
        case nothing
        case answer(Waiter, Answer)
        case greet(GreetingWaiter?, ConnectionGreeting)
        case event(ServerEvent)
        /// The connection cannot go on.
        case fail(FleetClientError)
    }

    /// Everybody who waits when the connection ends.
    struct Waiters {
        var greeting: GreetingWaiter?
        var answers: [Waiter] = []
    }

    /// The commands in flight that the protocol allows (section 6). One more is refused here with Too_Many.
    static let mostInFlight = 256

    private let address: ServerAddress
    private var greeting: ConnectionGreeting?
    private var greetingWaiter: GreetingWaiter?
    private var waiting: [UInt32: Pending] = [:]
    private var lastID: UInt32 = 0
    private(set) var end: FleetClientError?
    /// This side is closing: however the connection ends, that is no error.
    var isClosing = false

    init(with address: ServerAddress) {
        self.address = address
    }

    /// Waits for the greeting; a result when it is there already or will never be.
    mutating func awaitGreeting(_ waiter: GreetingWaiter) -> Result<ConnectionGreeting, FleetClientError>? {
        if let end { return .failure(end) }
        if let greeting { return .success(greeting) }
        greetingWaiter = waiter
        return nil
    }

    /// A transaction_ID that no command in flight has; never 0.
    mutating func nextID() -> UInt32 {
        repeat { lastID = lastID == .max ? 1 : lastID + 1 } while waiting[lastID] != nil
        return lastID
    }

    /// Waits for the answer to a transaction, and for as many bytes of data before it as `dataLimit` says; an error when
    /// it cannot be asked.
    mutating func ask(_ id: UInt32, _ waiter: Waiter, dataLimit: Int? = nil) -> FleetClientError? {
        if let end { return end }
        guard waiting.count < Self.mostInFlight else {
            return .refused(
                FleetError(.tooMany, "More than \(Self.mostInFlight) commands wait for their answers already."))
        }
        waiting[id] = Pending(waiter: waiter, dataLimit: dataLimit)
        return nil
    }

    /// Nobody waits for the answer any more.
    mutating func forget(_ id: UInt32) -> Waiter? {
        waiting.removeValue(forKey: id)?.waiter
    }

    mutating func receive(_ packet: PtpPacket) -> Action {
        guard end == nil else { return .nothing }
        switch packet.type {
        case .event where greeting == nil: return greet(packet)
        case .event:
            // A copy, as a slice would keep all that arrived with it.
            let content = ByteBuffer(bytes: packet.content.readableBytesView)
            return .event(ServerEvent(number: packet.transactionID, code: packet.code, content: content))
        case .response: return answer(packet)
        case .data where greeting != nil: return collect(packet)
        case .data, .command: return .fail(.notUnderstood(address, "it begins with something else than CONNECTION_OK."))
        }
    }

    private mutating func greet(_ packet: PtpPacket) -> Action {
        guard packet.code == EventCode.connectionOK.rawValue,
            let greeting = try? PacketJSON.decode(ConnectionGreeting.self, from: packet.content)
        else { return .fail(.notUnderstood(address, "it begins with something else than CONNECTION_OK.")) }
        guard greeting.protocol == 1 else {
            return .fail(.notUnderstood(address, "it speaks version \(greeting.protocol) of the protocol, not 1."))
        }
        self.greeting = greeting
        defer { greetingWaiter = nil }
        return .greet(greetingWaiter, greeting)
    }

    /// Keeps the bytes of a data packet for its transaction. Full: the transaction fails, and what else comes of it is
    /// dropped.
    private mutating func collect(_ packet: PtpPacket) -> Action {
        guard let index = waiting.index(forKey: packet.transactionID), let limit = waiting.values[index].dataLimit
        else { return .nothing }
        guard waiting.values[index].data.readableBytes + packet.content.readableBytes <= limit else {
            let waiter = waiting.remove(at: index).value.waiter
            return .answer(
                waiter, .failure(.notUnderstood(address, "it sent more than \(limit) bytes for one command.")))
        }
        waiting.values[index].data.writeImmutableBuffer(packet.content)
        return .nothing
    }

    private mutating func answer(_ packet: PtpPacket) -> Action {
        let answer = Self.answer(of: packet)
        // Transaction 0 is nobody's: the server says why it closes.
        if packet.transactionID == 0, case .failure(let error) = answer { return .fail(error) }
        guard greeting != nil else {
            return .fail(.notUnderstood(address, "it begins with something else than CONNECTION_OK."))
        }
        guard let pending = waiting.removeValue(forKey: packet.transactionID) else { return .nothing }
        return .answer(pending.waiter, answer.map { Reply(json: $0, data: pending.data) })
    }

    /// What a response says: its JSON, or its error.
    static func answer(of packet: PtpPacket) -> Result<ByteBuffer, FleetClientError> {
        switch ResponseCode(rawValue: packet.code) {
        case .ok: .success(packet.content)
        case .error(let kind):
            .failure(
                refusal(
                    code: kind, description: try? PacketJSON.decode(ErrorDescription.self, from: packet.content)))
        }
    }

    /// The connection is over; everybody who waits is to be told `end`, which the first call decides.
    mutating func finish(_ reason: FleetClientError) -> Waiters {
        if end == nil { end = isClosing ? .closed : reason }
        defer {
            greetingWaiter = nil
            waiting = [:]
        }
        return Waiters(greeting: greetingWaiter, answers: waiting.values.map(\.waiter))
    }
}
