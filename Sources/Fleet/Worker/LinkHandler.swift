import FleetModel
import NIOCore
import PacketProtocol

/// The link's protocol on the server's side: matches answers to requests, keeps their time, and passes events on.
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = PtpPacket
    typealias OutboundOut = ByteBuffer

    /// How many events of a worker may wait for its body's actor, which takes them at once. A worker that sends more
    /// is out of order, and ended.
    static let waitingEvents = 8192
    /// The most bytes that one answer may have before it: a frame or a piece.
    private static let longestData = 64 << 20

    private struct Pending {
        let request: LinkRequest
        let answer: EventLoopPromise<LinkAnswer>
        let settled: EventLoopPromise<Void>
        var data: ByteBuffer?
        var answered = false
        var timer: Scheduled<Void>?
    }

    private let events: AsyncStream<WorkerEvent>.Continuation
    private let grace: TimeAmount
    private let hung: @Sendable () -> Void
    private var pending: [UInt32: Pending] = [:]
    /// When something was done last.
    private var lastSettled: NIODeadline?
    /// Until then the body exposes, as far as its worker knows.
    private var exposure: NIODeadline?
    private var failure: WorkerFailure?
    /// Why the server gave the link up, where it did.
    private var abandonment: FleetError?
    private var context: ChannelHandlerContext?

    init(events: AsyncStream<WorkerEvent>.Continuation, grace: Duration, hung: @escaping @Sendable () -> Void) {
        self.events = events
        self.grace = TimeAmount(grace)
        self.hung = hung
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        events.finish()
    }

    // MARK: Requests

    func begin(
        _ request: LinkRequest, id: UInt32, answer: EventLoopPromise<LinkAnswer>, settled: EventLoopPromise<Void>
    ) {
        guard let context, context.channel.isActive else {
            answer.fail(end)
            settled.succeed()
            return
        }
        var entry = Pending(request: request, answer: answer, settled: settled)
        entry.timer = timer(id, after: TimeAmount(request.limit), on: context.eventLoop)
        pending[id] = entry
        send(request.code, id: id, request.arguments)
    }

    func cancel(_ id: UInt32) {
        guard pending[id] != nil else { return }
        // The answer to CANCEL itself matches nothing pending, and is dropped.
        send(CommandCode.cancel.rawValue, id: 0, PacketEncoder.json(CancelArguments(transactionID: id)))
    }

    private func send(_ code: UInt16, id: UInt32, _ arguments: ByteBuffer) {
        let packet = PtpPacket(type: .command, code: code, transactionID: id, content: arguments)
        context?.writeAndFlush(wrapOutboundOut(PacketEncoder.encode(packet)), promise: nil)
    }

    private func timer(_ id: UInt32, after delay: TimeAmount, on loop: any EventLoop) -> Scheduled<Void> {
        let handler = NIOLoopBound(self, eventLoop: loop)
        return loop.scheduleTask(in: delay) { handler.value.expire(id) }
    }

    private func expire(_ id: UInt32) {
        guard var entry = pending[id], let context else { return }
        if entry.answered {
            guard let rest = restOfExposure else { return hung() }
            entry.timer = timer(id, after: rest + grace, on: context.eventLoop)
            pending[id] = entry
            return
        }
        let limit = TimeAmount(entry.request.limit)
        let isBehind =
            pending.values.contains { $0.request.kind == .command } || lastSettled.map { $0 > .now() - limit } ?? false
        // A release without a time limit of its own may take as long as its exposure.
        let isExposure = entry.request.code == CommandCode.triggerCapture.rawValue
        if let rest = restOfExposure, isExposure || entry.request.kind == .background {
            entry.timer = timer(id, after: rest + limit, on: context.eventLoop)
            pending[id] = entry
            return
        }
        if entry.request.kind == .background, isBehind {
            entry.timer = timer(id, after: limit, on: context.eventLoop)
            pending[id] = entry
            return
        }
        entry.answered = true
        entry.timer = timer(id, after: grace, on: context.eventLoop)
        pending[id] = entry
        entry.answer.fail(
            FleetError(.timedOut, "The body did not finish within \(entry.request.limit.formattedSeconds)."))
        cancel(id)
    }

    /// How long the body will expose still, if it does.
    private var restOfExposure: TimeAmount? {
        exposure.map { $0 - .now() }.flatMap { $0 > .zero ? $0 : nil }
    }

    // MARK: Answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = unwrapInboundIn(data)
        switch packet.type {
        case .data:
            guard pending[packet.transactionID] != nil else { return }
            if pending[packet.transactionID]?.data == nil {
                pending[packet.transactionID]?.data = packet.content
            } else {
                pending[packet.transactionID]?.data?.writeImmutableBuffer(packet.content)
            }
            if pending[packet.transactionID]?.data?.readableBytes ?? 0 > Self.longestData { hung() }
        case .response: settle(packet)
        case .event: note(packet)
        case .command: hung()
        }
    }

    private func settle(_ packet: PtpPacket) {
        guard let entry = pending.removeValue(forKey: packet.transactionID) else { return }
        entry.timer?.cancel()
        lastSettled = .now()
        if !entry.answered {
            switch ResponseCode(rawValue: packet.code) {
            case .ok: entry.answer.succeed(LinkAnswer(json: packet.content, data: entry.data))
            case .error(let kind):
                do throws(FleetError) {
                    let description = try PacketJSON.decode(ErrorDescription.self, from: packet.content)
                    entry.answer.fail(FleetError(kind, description.message, driver: description.gphoto2))
                } catch {
                    entry.answer.fail(FleetError(kind, "The body's worker refused without a word."))
                }
            }
        }
        entry.settled.succeed()
    }

    private func note(_ packet: PtpPacket) {
        if packet.code == LinkEvent.exposing.rawValue {
            let told = try? PacketJSON.decode(Exposing.self, from: packet.content)
            exposure = told.map { .now() + .nanoseconds($0.nanoseconds) }
            return
        }
        guard let event = event(of: packet) else { return }
        if case .failed(let failure) = event { self.failure = failure }
        if case .dropped = events.yield(event) { hung() }
    }

    private func event(of packet: PtpPacket) -> WorkerEvent? {
        do throws(FleetError) {
            switch packet.code {
            case LinkEvent.prepared.rawValue: return .prepared
            case LinkEvent.opened.rawValue: return .opened(try PacketJSON.decode(from: packet.content))
            case LinkEvent.failed.rawValue: return .failed(try PacketJSON.decode(from: packet.content))
            case LinkEvent.knownModels.rawValue: return .knownModels(try PacketJSON.decode(from: packet.content))
            case LinkEvent.status.rawValue: return .status(try PacketJSON.decode(from: packet.content))
            case LinkEvent.outdated.rawValue: return .outdated
            case LinkEvent.disarmed.rawValue: return .disarmed
            case LinkEvent.uploaded.rawValue: return .uploaded(try PacketJSON.decode(from: packet.content))
            case LinkEvent.imageHeld.rawValue: return .imageHeld(try PacketJSON.decode(from: packet.content))
            case EventCode.objectAdded.rawValue: return .objectAdded(try PacketJSON.decode(from: packet.content))
            case EventCode.objectRemoved.rawValue: return .objectRemoved(try PacketJSON.decode(from: packet.content))
            case EventCode.widgetChanged.rawValue: return .widgetChanged(try PacketJSON.decode(from: packet.content))
            case EventCode.captureComplete.rawValue: return .captureComplete
            default: return nil
            }
        } catch {
            return nil
        }
    }

    // MARK: The end

    /// What requests get that the link's end leaves without an answer.
    private var end: FleetError {
        if let abandonment { return abandonment }
        guard let failure else {
            return FleetError(.cameraFault, "The body's driver ended unexpectedly; it is being started again.")
        }
        var error = failure.error.fleetError
        error.kind = failure.reason == .unreachable ? .cameraUnplugged : .cameraFault
        return error
    }

    /// Closes the link: what is under way ends with `error`, now.
    func abandon(_ error: FleetError) {
        if abandonment == nil { abandonment = error }
        context?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let left = pending
        pending = [:]
        for entry in left.values {
            entry.timer?.cancel()
            if !entry.answered { entry.answer.fail(end) }
            entry.settled.succeed()
        }
        events.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension Duration {
    /// The duration as a person reads it.
    var formattedSeconds: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
        return seconds.rounded() == seconds ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
