import Fleet
import FleetModel
import NIOCore
import PacketProtocol

/// How a command is run among the others of its connection.
enum CommandRoute: Sendable {
    /// Refused before anything is done.
    case refused(FleetError)
    /// Beside all others.
    case aside
    /// In turn, after those of its session that came before.
    case inTurn
    /// The last of its session: what came before ends first.
    case lastOfSession
    /// Beside all others, and always taken: it waits for nothing.
    case atOnce
    /// The same; those of its session with that transaction that still wait are ended first.
    case stopping(UInt32)
    /// The last of the connection: everything else ends first.
    case lastOfConnection
}

/// What a port does with the commands of one connection.
protocol PacketResponder: Sendable {
    /// Greets the client.
    func greet() async
    /// Says how a command is to be run; the checks of section 1 that come before arguments are made here.
    func route(_ packet: PtpPacket) -> CommandRoute
    /// Prepares the end of a session, so that its commands end with Transaction_Cancelled.
    func endSession(_ id: UInt32) async
    /// The turn of a command of a session has come. Called under a lock: it must not wait.
    func begin(_ packet: PtpPacket)
    /// Runs a command and writes its answer.
    func respond(to packet: PtpPacket) async
    /// Takes a piece of what a client uploads; an error when there is no upload that it could be of.
    func take(_ data: PtpPacket) async -> FramingError?
    /// The client sends no more.
    func inputEnded()
    /// Ends all that the connection had: nobody is there any more, or nobody shall be.
    func abandon() async
    /// Runs beside the commands until the connection ends, for events.
    func run() async
}

extension PacketResponder {
    func begin(_ packet: PtpPacket) {}
    func inputEnded() {}
    func take(_ data: PtpPacket) async -> FramingError? { .unexpectedType(data.type.rawValue) }
}

/// One client's connection to port 5555 or 6666: reads its commands, keeps their order and number, and sees that its
/// end is clean, whichever side ends it.
struct PacketConnection: Sendable {
    typealias Channel = NIOAsyncChannel<ClientInput, ByteBuffer>

    private let channel: Channel
    private let limits: PortLimits
    private let inFlight: CommandsInFlight

    /// Takes over a channel that `configure` prepared, on the way to serve it; nil when it is closed already. Only a channel
    /// that is served at once is wrapped, as a wrapped one must be.
    init?(_ channel: any NIOCore.Channel, limits: PortLimits) async {
        let wrapped = try? await channel.eventLoop.submit { () throws -> Channel? in
            guard channel.isActive else { return nil }
            let early = try channel.pipeline.syncOperations.handler(type: EarlyInput.self)
            let wrapped = try Channel(
                wrappingChannelSynchronously: channel,
                configuration: .init(
                    isOutboundHalfClosureEnabled: true, inboundType: ClientInput.self, outboundType: ByteBuffer.self))
            // From here on it must be served, also when it is closed meanwhile: one that is dropped is a trap.
            early.serve()
            try? channel.syncOptions?.setOption(.autoRead, value: true)
            return wrapped
        }.get()
        guard let wrapped = wrapped ?? nil else { return nil }
        self.channel = wrapped
        self.limits = limits
        inFlight = CommandsInFlight(limit: limits.commandsInFlight)
    }

    /// Sets up the channel of a connection whose client may send packets within limits.
    static func configure(_ limits: PacketLimits) -> @Sendable (any NIOCore.Channel) throws -> Void {
        { channel in
            try channel.pipeline.syncOperations.addHandlers(FramingHandler(limits: limits), EarlyInput())
        }
    }

    /// Tells a client that there are too many already, and closes.
    func refuse() async {
        try? await channel.executeThenClose { inbound, outbound in
            let writer = PacketWriter(outbound)
            await writer.write(PacketWriter.tooManyConnections(limits.connections))
            writer.finish()
            await linger(inbound.makeAsyncIterator())
        }
    }

    /// Serves the client until it or the server ends the connection.
    func serve(_ make: @escaping @Sendable (PacketWriter) -> some PacketResponder) async {
        // What is thrown here is a connection that broke; its end was seen to inside.
        try? await withTaskExecutorPreference(EventLoopExecutor(channel.channel.eventLoop)) {
            try await channel.executeThenClose { inbound, outbound in
                let writer = PacketWriter(outbound)
                let responder = make(writer)
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        await untilClosed()
                        await responder.abandon()
                    }
                    group.addTask { await responder.run() }
                    await responder.greet()
                    var iterator = inbound.makeAsyncIterator()
                    await read(&iterator, responder, writer, &group)
                    responder.inputEnded()
                    // A client that closed only its sending side still gets its answers.
                    await inFlight.wait(forAtMost: 0)
                    await responder.abandon()
                    await flush()
                    writer.finish()
                    await linger(iterator)
                    channel.channel.close(promise: nil)
                    group.cancelAll()
                }
            }
        }
    }

    /// Returns when the channel is closed; closes it when the server stops.
    private func untilClosed() async {
        await withTaskCancellationHandler {
            try? await channel.channel.closeFuture.get()
        } onCancel: {
            channel.channel.close(promise: nil)
        }
    }

    /// Reads commands until the client sends no more, or is not to send any.
    private func read(
        _ iterator: inout NIOAsyncChannelInboundStream<ClientInput>.AsyncIterator, _ responder: some PacketResponder,
        _ writer: PacketWriter, _ group: inout DiscardingTaskGroup
    ) async {
        let lanes = Lanes { responder.begin($0) }
        while let input = try? await iterator.next() {
            let packet: PtpPacket
            switch input {
            case .broken(let error): return await end(with: error, responder, writer)
            case .packet(let data) where data.type == .data:
                if let error = await responder.take(data) { return await end(with: error, responder, writer) }
                continue
            case .packet(let command): packet = command
            }
            let route = responder.route(packet)
            guard inFlight.begin(reserve: route.reserve) else {
                await writer.refuse(
                    packet, FleetError(.tooMany, "\(limits.commandsInFlight) commands are without an answer already."))
                continue
            }
            switch route {
            case .refused(let error):
                await writer.refuse(packet, error)
                inFlight.end()
            case .aside, .atOnce:
                responder.begin(packet)
                group.addTask { await respond(to: packet, responder) }
            case .stopping(let transaction):
                for waiting in lanes.remove(transaction, of: packet.sessionID) {
                    await writer.refuse(
                        waiting, FleetError(.transactionCancelled, "The command was stopped before it began."))
                    inFlight.end()
                }
                group.addTask { await respond(to: packet, responder) }
            case .inTurn: put(packet, in: lanes, responder, &group)
            case .lastOfSession:
                await responder.endSession(packet.sessionID)
                put(packet, in: lanes, responder, &group)
            case .lastOfConnection:
                await responder.abandon()
                await inFlight.wait(forAtMost: 1)
                await respond(to: packet, responder)
                return
            }
        }
    }

    /// Has a command run after those of its session that came before.
    private func put(
        _ packet: PtpPacket, in lanes: Lanes, _ responder: some PacketResponder, _ group: inout DiscardingTaskGroup
    ) {
        guard lanes.put(packet) else { return }
        group.addTask {
            // Not cancelled with the group: what is in a lane is always answered, or given up by `abandon`.
            var next: PtpPacket? = packet
            while let packet = next {
                await respond(to: packet, responder)
                next = lanes.next(of: packet.sessionID)
            }
        }
    }

    /// The client sent what it may not: what it asked for is ended, and it is told why, before the connection is.
    private func end(with error: FramingError, _ responder: some PacketResponder, _ writer: PacketWriter) async {
        await responder.abandon()
        await inFlight.wait(forAtMost: 0)
        await writer.refuse(error)
    }

    private func respond(to packet: PtpPacket, _ responder: some PacketResponder) async {
        await responder.respond(to: packet)
        inFlight.end()
    }

    /// Waits until all is sent, since closing drops the rest; no longer than a client may take for it.
    private func flush() async {
        let channel = channel.channel
        let timer = channel.eventLoop.scheduleTask(in: Self.flushTime) { channel.close(promise: nil) }
        try? await channel.writeAndFlush(ByteBuffer())
        timer.cancel()
    }

    private static let flushTime = TimeAmount.seconds(30)

    /// Waits until the client closes its side, or for as long as is polite.
    private func linger(_ iterator: NIOAsyncChannelInboundStream<ClientInput>.AsyncIterator) async {
        let loop = channel.channel.eventLoop
        let channel = channel.channel
        let timer = loop.scheduleTask(in: TimeAmount(limits.lingering)) { channel.close(promise: nil) }
        defer { timer.cancel() }
        var iterator = iterator
        while (try? await iterator.next()) ?? nil != nil {}
    }
}

extension CommandRoute {
    /// How many commands above the limit are taken of those that wait for nothing: so they can be sent when all is stuck.
    /// What ends a session or the connection can be sent once for each.
    fileprivate var reserve: Int {
        switch self {
        case .lastOfSession, .lastOfConnection: .max
        case .atOnce, .stopping: 8
        case .refused, .aside, .inTurn: 0
        }
    }
}
