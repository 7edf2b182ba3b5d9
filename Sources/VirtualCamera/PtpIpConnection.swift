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

    /// A transaction from its request to its end: what befalls it, and what the log will say of it.
    struct Current {
        let identifier: UInt32
        let arrival: NIODeadline
        let strike: FaultTable.Strike
        var record: TransactionRecord?
    }

    /// A request whose data is still coming in.
    private struct Incoming {
        var transaction: PtpTransaction
        var current: Current
        var reception: DataReception
        /// What StartData said, nil before it.
        var announced: UInt64?
    }

    /// The data of an answer, as far as it is not sent.
    struct Outgoing {
        let reply: PtpReply
        let content: ObjectContent
        var offset: Int
        let end: Int
        /// Where the connection is to break, if it is to.
        let cut: Int?
        /// When and where it began, for a cable that takes its time.
        let start = NIODeadline.now()
        let beginning: Int
    }

    let body: VirtualBody
    private var role = Role.undecided
    private var reader = PtpIpPacketReader()
    private var incoming: Incoming?
    /// The number by which the connection's event connection refers to it, and the log.
    private var number: UInt32 = 0
    /// When the bytes that were read last came in; nil where nobody wants to know.
    private let arrivals: ArrivalStamps?
    /// The transaction that is being answered.
    var current: Current?
    var waiting: Scheduled<Void>?
    var outgoing: Outgoing?
    var isSending = false

    init(_ body: VirtualBody, arrivals: ArrivalStamps? = nil) {
        self.body = body
        self.arrivals = arrivals
    }

    func channelActive(context: ChannelHandlerContext) {
        guard body.opened(context.channel) else {
            context.close(promise: nil)
            return
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let incoming { body.log(incoming.current.record) }
        incoming = nil
        if let current { body.log(current.record) }
        endTransaction()
        body.closed(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        acknowledgeAtOnce(context)
        reader.append(unwrapInboundIn(data))
        do {
            while context.channel.isActive, let packet = try reader.next() {
                if body.isSilent { ignore(packet) } else { take(packet, context) }
            }
        } catch {
            context.close(promise: nil)
        }
    }

    /// A silent body hears what it is asked, and that is all.
    private func ignore(_ packet: PtpIpPacket) {
        guard case .operationRequest(_, let operation, let identifier, let parameters) = packet else { return }
        let transaction = PtpTransaction(
            operation: OperationCode(rawValue: operation), identifier: identifier, parameters: parameters)
        body.count(transaction.operation)
        body.log(body.record(of: transaction, connection: number, arrivals))
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
            number = body.commandOpened(context.channel)
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

    func write(_ packet: ByteBuffer, _ context: ChannelHandlerContext) {
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
        body.count(transaction.operation)
        guard isReadByInitiator(context) else { return }
        let record = body.record(of: transaction, connection: number, arrivals)
        guard current == nil else {
            respond(.failed(.deviceBusy), to: transaction.identifier, record, context)
            return
        }
        let strike = body.strike(transaction.operation)
        if let abandoned = incoming { body.log(abandoned.current.record) }
        incoming = nil
        if strike.isDropped || strike.isSilent {
            body.log(record)
            if strike.isDropped { body.dropConnections() }
            return
        }
        let current = Current(identifier: transaction.identifier, arrival: arrival, strike: strike, record: record)
        if sendsData {
            incoming = Incoming(
                transaction: transaction, current: current, reception: body.reception(of: transaction.operation))
        } else {
            perform(transaction, current, context)
        }
    }

    private func receive(
        _ bytes: ByteBuffer, of transaction: UInt32, isLast: Bool, _ context: ChannelHandlerContext
    ) {
        // Data of a transaction that is over may still be on its way: it is dropped.
        guard incoming?.transaction.identifier == transaction else { return }
        incoming?.current.record?.bytesIn += bytes.readableBytes
        incoming?.reception.take(bytes)
        if isLast { finishData(context) }
    }

    /// All data is there: perform the transaction.
    private func finishData(_ context: ChannelHandlerContext) {
        guard var request = incoming else { return }
        incoming = nil
        request.transaction.data = request.reception.data
        request.transaction.object = request.reception.object
        perform(request.transaction, request.current, context)
    }

    private func cancel(_ transaction: UInt32, _ context: ChannelHandlerContext) {
        var record: TransactionRecord?
        if let request = incoming, request.transaction.identifier == transaction {
            record = request.current.record
            incoming = nil
        } else if let current, current.identifier == transaction {
            record = current.record
            if outgoing != nil {
                write(PtpIpAnswer.dataHead(transaction: transaction, length: 0, isLast: true), context)
            }
            endTransaction()
        } else {
            return
        }
        respond(.failed(.transactionCancelled), to: transaction, record, context)
    }

    func endTransaction() {
        waiting?.cancel()
        waiting = nil
        outgoing = nil
        current = nil
    }
}
