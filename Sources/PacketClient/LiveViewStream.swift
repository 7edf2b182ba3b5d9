import FleetModel
public import NIOCore
import PacketProtocol

/// One frame of a body's live view (protocol.md, section 4).
public struct LiveViewFrame: Sendable, Equatable {
    /// Counts the body's frames; a gap is a frame that this stream missed.
    public var number: UInt32
    /// When the frame had arrived from the body, in nanoseconds since 1970.
    public var arrived: UInt64
    /// The JPEG.
    public var jpeg: ByteBuffer

    /// Reads the content of a data packet; nil when it is too short.
    init?(_ content: ByteBuffer) {
        var content = content
        guard let (number, arrived) = content.readMultipleIntegers(endianness: .little, as: (UInt32, UInt64).self)
        else { return nil }
        self.number = number
        self.arrived = arrived
        jpeg = content
    }
}

/// A body's live view on a connection of its own to port 4444, for one reader. The newest frames are kept for a reader
/// that is slow; the older ones are dropped, and show as gaps in the numbers.
public final class LiveViewStream: AsyncSequence, Sendable {
    /// Why the stream ends: the server's last response, or a lost connection.
    public typealias Failure = FleetClientError
    /// A frame.
    public typealias Element = LiveViewFrame

    private let frames: BoundedSequence<LiveViewFrame>

    private init(channel: any Channel, frames: BoundedSequence<LiveViewFrame>) {
        self.frames = frames
        frames.source.onTermination { channel.close(promise: nil) }
    }

    /// Connects and hands in the ticket.
    ///
    /// - Parameters:
    ///   - address: the server's host, and the port that came with the ticket.
    ///   - sessionID: the session that the ticket is of.
    ///   - ticket: what START_LIVE_VIEW gave.
    ///   - capacity: how many unread frames are kept.
    ///   - timeLimit: how long the server may take to answer, once it is connected.
    /// - Throws: `FleetClientError`: unreachable, refused, notUnderstood, connectionLost, cancelled.
    public static func open(
        at address: ServerAddress, sessionID: UInt32, ticket: String, capacity: Int = 2,
        timeLimit: TimeAmount = .seconds(10)
    ) async throws(FleetClientError) -> LiveViewStream {
        // Full: the oldest frame is dropped and counted.
        let frames = BoundedSequence<LiveViewFrame>(.bufferingNewest(capacity))
        let source = frames.source
        let (channel, opened) = try await Dial.connect(to: address, .liveView) { channel in
            let opened = channel.eventLoop.makePromise(of: Void.self)
            let decoder = ByteToMessageHandler(PacketDecoder(limits: .fromServer))
            let handler = LiveViewHandler(address: address, frames: source, opened: opened)
            do {
                try channel.pipeline.syncOperations.addHandlers(decoder, handler)
            } catch {
                opened.fail(error)
                throw error
            }
            return (channel, opened.futureResult)
        }
        let stream = LiveViewStream(channel: channel, frames: frames)
        let alarm = channel.eventLoop.scheduleTask(in: timeLimit) {
            channel.pipeline.fireErrorCaught(FleetClientError.connectionLost(address, reason: "no answer in time"))
        }
        defer { alarm.cancel() }
        channel.writeAndFlush(
            PacketEncoder.encode(
                type: .command, code: CommandCode.startLiveView.rawValue, sessionID: sessionID,
                transactionID: LiveViewHandler.transactionID, json: TicketArguments(ticket: ticket)),
            promise: nil)
        do {
            try await withTaskCancellationHandler {
                try await opened.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch let error as FleetClientError {
            throw Task.isCancelled ? .cancelled : error
        } catch {
            throw .connectionLost(address, reason: Dial.reason(of: error))
        }
        return stream
    }

    /// How many frames arrived and were dropped because they were not read in time.
    public var dropped: Int { frames.dropped }

    /// A reader. A stream has one.
    public func makeAsyncIterator() -> BoundedSequence<LiveViewFrame>.AsyncIterator {
        frames.makeAsyncIterator()
    }

    /// Closes the connection; the reader's sequence ends.
    public func close() {
        frames.source.finish()
    }
}

/// Makes frames of what arrives on port 4444.
final class LiveViewHandler: ChannelInboundHandler {
    typealias InboundIn = PtpPacket

    /// One stream a connection, so one transaction.
    static let transactionID: UInt32 = 1

    private let address: ServerAddress
    private let frames: BoundedSequence<LiveViewFrame>.Source
    private var opened: EventLoopPromise<Void>?

    init(address: ServerAddress, frames: BoundedSequence<LiveViewFrame>.Source, opened: EventLoopPromise<Void>) {
        self.address = address
        self.frames = frames
        self.opened = opened
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = unwrapInboundIn(data)
        guard packet.transactionID == Self.transactionID || packet.transactionID == 0 else { return }
        switch packet.type {
        case .response:
            switch Conversation.answer(of: packet) {
            case .success where opened != nil && packet.transactionID != 0:
                opened?.succeed()
                opened = nil
            case .success: finish(nil, context)
            case .failure(let error): finish(error, context)
            }
        case .data where opened == nil:
            guard let frame = LiveViewFrame(packet.content) else {
                return finish(.notUnderstood(address, "a frame is too short for its header."), context)
            }
            frames.yield(frame)
        case .data, .event, .command:
            finish(.notUnderstood(address, "live view begins with something else than a response."), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? FleetClientError {
            finish(error, context)
        } else if let error = error as? FramingError {
            finish(.notUnderstood(address, error.message), context)
        } else {
            finish(.connectionLost(address, reason: Dial.reason(of: error)), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.connectionLost(address, reason: "the server closed it"), context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.connectionLost(address, reason: "the server closed it"), context)
    }

    private func finish(_ error: FleetClientError?, _ context: ChannelHandlerContext) {
        opened?.fail(error ?? .closed)
        opened = nil
        frames.finish(throwing: error)
        context.close(promise: nil)
    }
}
