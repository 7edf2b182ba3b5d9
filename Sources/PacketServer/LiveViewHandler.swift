import Fleet
import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// One viewer's connection to port 4444. It has at most one frame of a stream on its way to the event loop, and writes
/// it only when the socket has taken what was written before: a slow viewer misses frames.
final class LiveViewHandler: ChannelInboundHandler {
    typealias InboundIn = ClientInput
    typealias OutboundOut = ByteBuffer

    private let registry: CameraRegistry
    private let limits: PortLimits
    private let count: ConnectionCount
    private var isCounted = false
    /// Whether nothing is taken any more, and whether the last word was said.
    private var isEnding = false
    private var isEnded = false
    private var isInputClosed = false
    private var streams: [ObjectIdentifier: LiveViewStream] = [:]

    init(registry: CameraRegistry, limits: PortLimits, count: ConnectionCount) {
        self.registry = registry
        self.limits = limits
        self.count = count
    }

    func channelActive(context: ChannelHandlerContext) {
        isCounted = count.enter()
        if !isCounted { end(context, with: PacketWriter.tooManyConnections(count.limit)) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isCounted { count.leave() }
        for stream in streams.values {
            stream.end(FleetError(.transactionCancelled, "The viewer closed its connection."))
        }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            isInputClosed = true
            closeIfDone(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A viewer that sends no more goes on watching until its streams end.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard isInputClosed, isEnding ? isEnded : streams.isEmpty, context.channel.isActive else { return }
        // Only after what was written is out: closing at once would drop it.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Whoever does not read its answers is not asked for more commands: they would pile up here.
        try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .broken(let error): end(context, with: PacketWriter.refusal(of: error))
        case .packet(let packet):
            do throws(FleetError) {
                try start(packet, context)
            } catch {
                write(PacketWriter.refusal(of: packet, error), context)
            }
        }
    }

    private func start(_ packet: PtpPacket, _ context: ChannelHandlerContext) throws(FleetError) {
        let code = CommandCode(rawValue: packet.code)
        let needsSession = code?.needsSession ?? false
        let session = packet.sessionID != 0 || needsSession ? try registry.session(packet.sessionID) : nil
        guard code == .startLiveView, let session else {
            throw FleetError(.operationNotSupported, "Port 4444 takes START_LIVE_VIEW with a ticket.")
        }
        let arguments = try PacketJSON.arguments(TicketArguments.self, of: packet.content)
        let stream = try registry.takeStream(arguments.ticket, for: session)
        let key = ObjectIdentifier(stream)
        streams[key] = stream
        let viewer = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let isOnItsWay = NIOLockedValueBox(false)
        stream.deliver(
            frame: { [weak stream] frame in
                guard let stream, !isOnItsWay.exchange(true) else { return }
                loop.execute {
                    _ = isOnItsWay.exchange(false)
                    let (handler, context) = viewer.value
                    handler.write(frame, of: stream, for: packet, context)
                }
            },
            end: { error in
                loop.execute {
                    let (handler, context) = viewer.value
                    handler.streams[key] = nil
                    handler.write(PacketWriter.refusal(of: packet, error), context)
                    handler.closeIfDone(context)
                }
            })
        write(PacketWriter.response(to: packet, .ok, PacketEncoder.json(Nothing())), context)
        do throws(FleetError) {
            try session.startLiveView(stream)
        } catch {
            stream.end(error)
        }
    }

    private func write(
        _ frame: LiveViewFrame, of stream: LiveViewStream, for packet: PtpPacket, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive, context.channel.isWritable, stream.countFrame() else { return }
        let head = PacketEncoder.frameHead(
            sessionID: packet.sessionID, transactionID: packet.transactionID, frame: frame.number,
            arrived: UInt64(frame.arrived), length: frame.jpeg.readableBytes)
        context.write(wrapOutboundOut(head), promise: nil)
        context.writeAndFlush(wrapOutboundOut(frame.jpeg), promise: nil)
    }

    private func write(_ packet: ByteBuffer, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(packet), promise: nil)
    }

    /// Says a last word, and closes when the viewer has closed its side, or after a polite while.
    private func end(_ context: ChannelHandlerContext, with lastWord: ByteBuffer) {
        isEnding = true
        for stream in streams.values {
            stream.end(FleetError(.transactionCancelled, "The connection sent bytes that are no packet."))
        }
        // After the last responses of the streams, which are on their way to this loop.
        let viewer = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = viewer.value
            handler.write(lastWord, context)
            handler.isEnded = true
            guard !handler.isInputClosed else { return handler.closeIfDone(context) }
            context.close(mode: .output, promise: nil)
        }
        let channel = context.channel
        context.eventLoop.scheduleTask(in: TimeAmount(limits.lingering)) { channel.close(promise: nil) }
    }
}

extension NIOLockedValueBox where Value == Bool {
    /// Sets a value and gives the one before.
    fileprivate func exchange(_ value: Bool) -> Bool {
        withLockedValue { current in
            defer { current = value }
            return current
        }
    }
}
