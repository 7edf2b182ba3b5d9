import FleetModel
import NIOConcurrencyHelpers
public import NIOCore
public import PacketProtocol

/// A connection to a fleet server's port 5555. Any number of tasks may ask on it at once; answers are matched by
/// transaction_ID. Sessions that were opened on it end with it.
public final class FleetConnection: Sendable {
    /// Where the server listens.
    public let address: ServerAddress
    /// What the server said of itself.
    public let greeting: ConnectionGreeting

    private let channel: any Channel
    private let link: CommandLink

    private init(channel: any Channel, link: CommandLink, greeting: ConnectionGreeting) {
        address = link.address
        self.channel = channel
        self.link = link
        self.greeting = greeting
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Connects, and reads CONNECTION_OK.
    ///
    /// - Parameters:
    ///   - address: where the server listens.
    ///   - timeLimit: how long the server may take to greet, once it is connected.
    ///   - eventCapacity: how many unread events are kept; newer ones are dropped and counted.
    /// - Throws: `FleetClientError`: unreachable, notUnderstood, connectionLost, refused, cancelled.
    public static func connect(
        to address: ServerAddress, timeLimit: TimeAmount = .seconds(10), eventCapacity: Int = 1_024
    ) async throws(FleetClientError) -> FleetConnection {
        let (channel, link) = try await Dial.connect(to: address, .command) { channel in
            let link = CommandLink(address: address, eventCapacity: eventCapacity)
            let decoder = ByteToMessageHandler(PacketDecoder(limits: .fromServer))
            try channel.pipeline.syncOperations.addHandlers(decoder, CommandHandler(link: link))
            return (channel, link)
        }
        let silence = FleetClientError.notUnderstood(address, "it does not greet its clients.")
        let alarm = channel.eventLoop.scheduleTask(in: timeLimit) {
            link.finish(silence)
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let known = link.conversation.withLockedValue { $0.awaitGreeting(waiter) }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            link.finish(.cancelled)
            channel.close(promise: nil)
        }
        return FleetConnection(channel: channel, link: link, greeting: try result.get())
    }

    /// The events that were subscribed to, for one reader. It ends with an error when the server closes, and without one
    /// after `close()`.
    public var events: BoundedSequence<ServerEvent> { link.events }

    /// Sends a command and waits for its response.
    ///
    /// A task that is cancelled stops waiting; a command of a session is then cancelled on the server too (0x0017).
    /// - Returns: the JSON of an OK.
    /// - Throws: `FleetClientError`: refused with the server's error, connectionLost, closed, cancelled. With 256
    ///   commands in flight one more is refused with Too_Many.
    public func request(
        _ command: CommandCode, sessionID: UInt32 = 0, arguments: some Encodable & Sendable = Nothing()
    ) async throws(FleetClientError) -> ByteBuffer {
        try await ask(command, sessionID: sessionID, arguments: arguments).json
    }

    /// As `request(_:sessionID:arguments:)`, with the JSON of the OK as a value.
    public func request<Value: Decodable>(
        _ command: CommandCode, sessionID: UInt32 = 0, arguments: some Encodable & Sendable = Nothing(),
        as type: Value.Type
    ) async throws(FleetClientError) -> Value {
        try read(type, of: try await request(command, sessionID: sessionID, arguments: arguments), to: command)
    }

    /// As `request(_:sessionID:arguments:as:)`, for a command whose response comes after data packets (protocol.md,
    /// section 1): their bytes, put together, are the data.
    ///
    /// - Throws: also notUnderstood, for more than 16 MiB of data.
    public func requestData<Value: Decodable>(
        _ command: CommandCode, sessionID: UInt32 = 0, arguments: some Encodable & Sendable = Nothing(),
        as type: Value.Type
    ) async throws(FleetClientError) -> (data: ByteBuffer, result: Value) {
        let reply = try await ask(
            command, sessionID: sessionID, arguments: arguments, dataLimit: PacketLimits.longestAnswer)
        return (reply.data, try read(type, of: reply.json, to: command))
    }

    /// Closes the connection, with CLOSE_CONNECTION where the server still answers. Who waits is told `closed`.
    public func close() async {
        link.conversation.withLockedValue { $0.isClosing = true }
        let channel = channel
        let alarm = channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        _ = try? await request(.closeConnection)
        alarm.cancel()
        link.finish(.closed)
        channel.close(promise: nil)
    }

    private func ask(
        _ command: CommandCode, sessionID: UInt32, arguments: some Encodable & Sendable, dataLimit: Int? = nil
    ) async throws(FleetClientError) -> Conversation.Reply {
        let id = link.conversation.withLockedValue { $0.nextID() }
        let packet = PacketEncoder.encode(
            type: .command, code: command.rawValue, sessionID: sessionID, transactionID: id, json: arguments)
        let limit = PacketLimits.fromClient.command ?? 0
        guard packet.readableBytes <= limit else {
            throw .refused(FleetError(.invalidParameter, "The command is longer than \(limit) bytes."))
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if let error = link.conversation.withLockedValue({ $0.ask(id, waiter, dataLimit: dataLimit) }) {
                    waiter.resume(returning: Conversation.Answer.failure(error))
                } else if Task.isCancelled {
                    link.conversation.withLockedValue { $0.forget(id) }?.resume(returning: .failure(.cancelled))
                } else {
                    channel.writeAndFlush(packet, promise: nil)
                }
            }
        } onCancel: {
            abandon(id, sessionID: sessionID)
        }
        return try answer.get()
    }

    private func read<Value: Decodable>(
        _ type: Value.Type, of content: ByteBuffer, to command: CommandCode
    ) throws(FleetClientError) -> Value {
        do throws(FleetError) {
            return try PacketJSON.decode(type, from: content)
        } catch {
            throw .notUnderstood(address, "its answer to \(command) cannot be read. \(error.message)")
        }
    }

    private func abandon(_ id: UInt32, sessionID: UInt32) {
        guard let waiter = link.conversation.withLockedValue({ $0.forget(id) }) else { return }
        waiter.resume(returning: .failure(.cancelled))
        guard sessionID != 0 else { return }
        // Nobody waits for the answer of this one: it is dropped when it comes.
        let cancel = PacketEncoder.encode(
            type: .command, code: CommandCode.cancel.rawValue, sessionID: sessionID,
            transactionID: link.conversation.withLockedValue { $0.nextID() }, json: CancelArguments(transactionID: id))
        channel.writeAndFlush(cancel, promise: nil)
    }
}
