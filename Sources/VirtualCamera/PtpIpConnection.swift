import Glibc
import NIOCore

/// One connection of PTP/IP, command or event, by what its first packet says.
///
/// A packet that is none, or comes where it does not belong, closes this connection and nothing else.
final class PtpIpConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Role {
        case undecided
        case command
        case event
    }

    /// A request whose data is still coming in.
    private struct Incoming {
        var transaction: PtpTransaction
        let arrival: NIODeadline
        /// Data beyond it is dropped; the operation then sees too much by the size alone.
        let limit: Int
        var received = 0
        /// What StartData said, nil before it.
        var announced: UInt64?
    }

    /// The data of an answer, as far as it is not sent.
    private struct Outgoing {
        let reply: PtpReply
        let content: ObjectContent
        var offset: Int
        let end: Int
    }

    /// Data goes out in packets of this size: large enough to cost little, small enough to be interrupted.
    private static let packetSize = 1024 * 1024

    private let body: VirtualBody
    private var role = Role.undecided
    private var reader = PtpIpPacketReader()
    private var incoming: Incoming?
    /// The transaction that is being answered.
    private var current: UInt32?
    private var waiting: Scheduled<Void>?
    private var outgoing: Outgoing?
    private var isSending = false

    init(_ body: VirtualBody) {
        self.body = body
    }

    func channelActive(context: ChannelHandlerContext) {
        guard body.opened(context.channel) else {
            context.close(promise: nil)
            return
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endTransaction()
        body.closed(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        acknowledgeAtOnce(context)
        reader.append(unwrapInboundIn(data))
        do {
            while context.channel.isActive, let packet = try reader.next() {
                if case .operationRequest(_, let operation, _, _) = packet {
                    body.count(OperationCode(rawValue: operation))
                }
                if !body.isSilent { take(packet, context) }
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        sendData(context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// An initiator that writes a request in several small pieces with Nagle's algorithm on, as libgphoto2 does, waits for
    /// the acknowledgement of each; delayed ones would cost it 40 ms a request.
    private func acknowledgeAtOnce(_ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(
            .tcpOption(NIOBSDSocket.Option(rawValue: TCP_QUICKACK)), value: 1)
    }

    // MARK: Packets

    private func take(_ packet: PtpIpPacket, _ context: ChannelHandlerContext) {
        switch (role, packet) {
        case (.undecided, .initCommandRequest):
            role = .command
            let number = body.commandOpened(context.channel)
            let identity = Array(body.description.serialNumber.utf8)
            write(
                PtpIpAnswer.initCommandAck(connection: number, identity: identity, name: body.description.name),
                context)
        case (.undecided, .initEventRequest(let number)):
            guard body.eventOpened(context.channel, number: number) else {
                context.writeAndFlush(wrapOutboundOut(PtpIpAnswer.initFail(1)), promise: nil)
                context.close(promise: nil)
                return
            }
            role = .event
            write(PtpIpAnswer.initEventAck(), context)
        case (.command, .operationRequest(let sendsData, let operation, let transaction, let parameters)):
            begin(
                PtpTransaction(
                    operation: OperationCode(rawValue: operation), identifier: transaction, parameters: parameters),
                sendsData: sendsData, context)
        case (.command, .startData(let transaction, let length)):
            guard incoming?.transaction.identifier == transaction else { return }
            incoming?.announced = length
            // libgphoto2 ends here if there is nothing to send, others with an empty last packet.
            if length == 0 { finishData(context) }
        case (.command, .data(let transaction, let bytes, let isLast)):
            receive(bytes, of: transaction, isLast: isLast, context)
        case (.command, .cancel(let transaction)), (.event, .cancel(let transaction)):
            if role == .command { cancel(transaction, context) }
        case (.command, .probeRequest), (.event, .probeRequest):
            guard isReadByInitiator(context) else { return }
            write(PtpIpAnswer.probeResponse(), context)
        case (.command, .probeResponse), (.event, .probeResponse):
            break
        default:
            context.close(promise: nil)
        }
    }

    private func write(_ packet: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(packet), promise: nil)
    }

    /// Whether the initiator takes what it gets. One that asks and asks and does not is cut off, before its answers fill
    /// the memory.
    private func isReadByInitiator(_ context: ChannelHandlerContext) -> Bool {
        if !context.channel.isWritable { context.close(promise: nil) }
        return context.channel.isActive
    }

    // MARK: Requests

    private func begin(_ transaction: PtpTransaction, sendsData: Bool, _ context: ChannelHandlerContext) {
        let arrival = NIODeadline.now()
        guard isReadByInitiator(context) else { return }
        guard current == nil else {
            write(PtpIpAnswer.response(.failed(.deviceBusy), transaction: transaction.identifier), context)
            return
        }
        incoming = nil
        if sendsData {
            incoming = Incoming(
                transaction: transaction, arrival: arrival, limit: body.dataLimit(of: transaction.operation))
        } else {
            perform(transaction, arrival, context)
        }
    }

    private func receive(
        _ bytes: ByteBuffer, of transaction: UInt32, isLast: Bool, _ context: ChannelHandlerContext
    ) {
        // Data of a transaction that is over may still be on its way: it is dropped.
        guard var request = incoming, request.transaction.identifier == transaction else { return }
        incoming = nil
        request.received += bytes.readableBytes
        if request.received <= request.limit {
            var bytes = bytes
            if request.transaction.data == nil {
                var data = ByteBuffer()
                data.reserveCapacity(min(request.limit, Int(clamping: request.announced ?? 0)))
                request.transaction.data = data
            }
            request.transaction.data?.writeBuffer(&bytes)
        } else {
            request.transaction.data = nil
        }
        incoming = request
        if isLast { finishData(context) }
    }

    /// All data is there: perform the transaction, unless it is more than the operation can take.
    private func finishData(_ context: ChannelHandlerContext) {
        guard var request = incoming else { return }
        incoming = nil
        if request.received == 0 { request.transaction.data = ByteBuffer() }
        perform(request.transaction, request.arrival, context)
    }

    private func cancel(_ transaction: UInt32, _ context: ChannelHandlerContext) {
        if incoming?.transaction.identifier == transaction {
            incoming = nil
        } else if current == transaction {
            if outgoing != nil {
                write(PtpIpAnswer.dataHead(transaction: transaction, length: 0, isLast: true), context)
            }
            endTransaction()
        } else {
            return
        }
        write(PtpIpAnswer.response(.failed(.transactionCancelled), transaction: transaction), context)
    }

    private func endTransaction() {
        waiting?.cancel()
        waiting = nil
        outgoing = nil
        current = nil
    }

    // MARK: Answers

    private func perform(_ transaction: PtpTransaction, _ arrival: NIODeadline, _ context: ChannelHandlerContext) {
        current = transaction.identifier
        switch body.perform(transaction) {
        case .reply(let reply):
            let due = arrival + body.transactionTime
            if due <= .now() {
                answer(reply, context)
            } else {
                later(at: due, context) { connection, context in connection.answer(reply, context) }
            }
        case .waitUntil(let deadline):
            later(at: deadline, context) { connection, context in
                connection.perform(transaction, arrival, context)
            }
        }
    }

    private func later(
        at deadline: NIODeadline, _ context: ChannelHandlerContext,
        _ work: @escaping (PtpIpConnection, ChannelHandlerContext) -> Void
    ) {
        waiting = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            waiting = nil
            work(self, context)
        }
    }

    private func answer(_ reply: PtpReply, _ context: ChannelHandlerContext) {
        guard let transaction = current else { return }
        guard !body.isSilent else {
            endTransaction()
            return
        }
        guard let data = reply.data else {
            endTransaction()
            write(PtpIpAnswer.response(reply, transaction: transaction), context)
            return
        }
        context.write(
            wrapOutboundOut(PtpIpAnswer.startData(transaction: transaction, length: data.range.count)), promise: nil)
        outgoing = Outgoing(
            reply: reply, content: data.content, offset: data.range.lowerBound, end: data.range.upperBound)
        sendData(context)
    }

    /// Sends data as long as the initiator takes it; goes on when it takes more. After each flush other bodies' turn comes.
    private func sendData(_ context: ChannelHandlerContext) {
        guard !isSending, outgoing != nil else { return }
        guard !body.isSilent else {
            endTransaction()
            return
        }
        // Writing may report a change of writability from within.
        isSending = true
        while context.channel.isWritable, sendPacket(context) {}
        context.flush()
        isSending = false
        if outgoing != nil, context.channel.isWritable {
            context.eventLoop.assumeIsolated().execute { [self] in sendData(context) }
        }
    }

    /// Writes the next packet of data, and after the last one the response. False when there is nothing left.
    private func sendPacket(_ context: ChannelHandlerContext) -> Bool {
        guard let transaction = current, let outgoing else { return false }
        let length = min(Self.packetSize, outgoing.end - outgoing.offset)
        let isLast = outgoing.offset + length == outgoing.end
        if isLast { endTransaction() } else { self.outgoing?.offset += length }
        context.write(
            wrapOutboundOut(PtpIpAnswer.dataHead(transaction: transaction, length: length, isLast: isLast)),
            promise: nil)
        for slice in outgoing.content.slices(of: outgoing.offset..<outgoing.offset + length) {
            context.write(wrapOutboundOut(slice), promise: nil)
        }
        if isLast {
            context.write(
                wrapOutboundOut(PtpIpAnswer.response(outgoing.reply, transaction: transaction)), promise: nil)
        }
        return !isLast
    }
}
