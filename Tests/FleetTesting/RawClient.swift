import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A packet as it came over the wire, cut by its length and nothing else.
public struct RawPacket: Sendable, Equatable {
    /// packet_len, packet_type, packet_command and session_ID.
    public let length: UInt32
    /// 1 command, 2 data, 3 response, 4 event.
    public let type: UInt16
    /// The code.
    public let code: UInt16
    /// The session.
    public let session: UInt32
    /// Everything after the header.
    public let body: [UInt8]

    /// The packet at the start of bytes; nil where it is not whole.
    public init?(prefixOf bytes: ArraySlice<UInt8>) {
        let header = Array(bytes.prefix(12))
        length = header.little(at: 0)
        guard header.count == 12, length >= 12, bytes.count >= Int(length) else { return nil }
        type = header.little(at: 4)
        code = header.little(at: 6)
        session = header.little(at: 8)
        body = Array(bytes.prefix(Int(length)).dropFirst(12))
    }

    /// The transaction_ID, or an event's number.
    public var transaction: UInt32 { body.little(at: 0) }
    /// What follows the transaction_ID.
    public var content: [UInt8] { Array(body.dropFirst(4)) }
    /// The content as JSON.
    public var json: JSONValue {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(content))) ?? .null
    }
}

extension [UInt8] {
    /// A little-endian number.
    public func little<Number: FixedWidthInteger>(at index: Int, as type: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for byte in 0..<(Number.bitWidth / 8) where index + byte < count {
            number |= Number(truncatingIfNeeded: self[index + byte]) << Number(truncatingIfNeeded: 8 * byte)
        }
        return number
    }

    /// A number as little-endian bytes.
    public static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        Swift.withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
    }
}

/// A client that knows nothing but sockets: it sends the bytes that a test writes, and cuts what comes by packet_len.
public final class RawClient: Sendable {
    /// Why nothing more came.
    public enum Failure: Error {
        /// The server closed the connection.
        case closed
        /// Nothing came for the time that a test waits.
        case silent
    }

    fileprivate struct Waiter {
        let count: Int
        let continuation: CheckedContinuation<[UInt8], any Error>
        let timer: Scheduled<Void>
    }

    fileprivate struct State {
        var buffer = ByteBuffer()
        var isClosed = false
        var waiter: Waiter?
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let take: (ByteBuffer?) -> Void

        init(take: @escaping (ByteBuffer?) -> Void) {
            self.take = take
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            take(unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            take(nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { take(nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            take(nil)
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>
    private let patience: Duration

    private init(channel: any Channel, state: NIOLockedValueBox<State>, patience: Duration) {
        self.channel = channel
        self.state = state
        self.patience = patience
    }

    /// Connects to a port on loopback. A small `receiveBuffer`, in bytes, lets the server feel soon that nobody reads.
    public static func connect(
        port: Int, patience: Duration = .seconds(20), receiveBuffer: Int? = nil
    ) async throws -> RawClient {
        let state = NIOLockedValueBox(State())
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
        }
        let channel =
            try await bootstrap
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector { Self.take($0, into: state) })
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, state: state, patience: patience)
    }

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends a command, laid out by hand: header, transaction_ID, JSON.
    public func command(_ code: UInt16, session: UInt32 = 0, transaction: UInt32, _ json: String = "") async throws {
        let body = [UInt8].little(transaction) + Array(json.utf8)
        try await send(
            .little(UInt32(12 + body.count)) + .little(UInt16(1)) + .little(code) + .little(session) + body)
    }

    /// Sends a command and gives its response; what comes before that is dropped.
    public func ask(
        _ code: UInt16, session: UInt32 = 0, transaction: UInt32 = 77, _ json: String = ""
    ) async throws -> RawPacket {
        try await command(code, session: session, transaction: transaction, json)
        return try await packet { $0.type == 3 && $0.transaction == transaction && $0.session == session }
    }

    /// The next packet.
    public func packet() async throws -> RawPacket {
        let header = try await bytes(12)
        let length: UInt32 = header.little(at: 0)
        guard length >= 12, let packet = RawPacket(prefixOf: (header + (try await bytes(Int(length) - 12)))[...]) else {
            throw Failure.closed
        }
        return packet
    }

    /// The next packet that a test looks for; others are dropped.
    public func packet(where isWanted: (RawPacket) -> Bool) async throws -> RawPacket {
        while true {
            let packet = try await packet()
            if isWanted(packet) { return packet }
        }
    }

    /// Exactly so many bytes.
    public func bytes(_ count: Int) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            let timer = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { [state] in
                state.withLockedValue { state in
                    state.waiter?.continuation.resume(throwing: Failure.silent)
                    state.waiter = nil
                }
            }
            state.withLockedValue { state in
                state.waiter = Waiter(count: count, continuation: continuation, timer: timer)
                state.serve()
            }
        }
    }

    /// All that comes until the server closes the connection.
    public func untilClosed() async throws -> [UInt8] {
        var all: [UInt8] = []
        do {
            while true { all += try await bytes(max(1, waiting)) }
        } catch Failure.closed {
            return all
        }
    }

    /// How many bytes have come that nobody has asked for yet.
    private var waiting: Int { state.withLockedValue { $0.buffer.readableBytes } }

    /// Ends the connection as a machine does that is switched off: by a reset, without a word.
    public func reset() async throws {
        if let options = channel as? any SocketOptionProvider {
            try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close()
    }

    /// Whether the server closes the connection, whatever it sends before.
    public func isClosedByServer() async -> Bool {
        do {
            while true { _ = try await bytes(1) }
        } catch {
            return error as? Failure == .closed
        }
    }

    /// Stops reading, as a program does that hangs.
    public func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Reads again.
    public func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Closes the sending side only.
    public func finishSending() async throws {
        try await channel.close(mode: .output)
    }

    /// Closes the connection.
    public func close() async {
        try? await channel.close()
    }

    private static func take(_ buffer: ByteBuffer?, into state: NIOLockedValueBox<State>) {
        state.withLockedValue { state in
            if let buffer { state.buffer.writeImmutableBuffer(buffer) } else { state.isClosed = true }
            state.serve()
        }
    }
}

extension RawClient.State {
    fileprivate mutating func serve() {
        guard let waiter else { return }
        if let bytes = buffer.readBytes(length: waiter.count) {
            waiter.continuation.resume(returning: bytes)
        } else if isClosed {
            waiter.continuation.resume(throwing: RawClient.Failure.closed)
        } else {
            return
        }
        waiter.timer.cancel()
        self.waiter = nil
        // Not for each packet: many wait behind it when a test has not read for a while.
        if buffer.readerIndex > 65_536 { buffer.discardReadBytes() }
    }
}
