import NIOCore

// How a connection answers: at once or after a time, in packets as large as the initiator takes them, and as wrong as
// the body's faults want it.

extension PtpIpConnection {
    /// Data goes out in packets of this size: large enough to cost little, small enough to be interrupted.
    private static let packetSize = 1024 * 1024
    /// Over a slow cable they are smaller, so that data comes evenly.
    private static let pacedPacketSize = 64 * 1024

    func perform(_ transaction: PtpTransaction, _ current: Current, _ context: ChannelHandlerContext) {
        self.current = current
        let outcome: TransactionOutcome =
            if let response = current.strike.response {
                .reply(.failed(response))
            } else {
                body.perform(transaction)
            }
        switch outcome {
        case .reply(let reply):
            let time = max(TimeAmount(body.description.transactionTime), TimeAmount(current.strike.delay))
            let due = current.arrival + time
            if due <= .now() {
                answer(reply, context)
            } else {
                later(at: due, context) { connection, context in connection.answer(reply, context) }
            }
        case .waitUntil(let deadline):
            later(at: deadline, context) { connection, context in
                connection.perform(transaction, current, context)
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
        guard let current else { return }
        guard !body.isSilent else {
            abandon()
            return
        }
        if let packet = current.strike.packet {
            abandon()
            write(packet.bytes(transaction: current.identifier), context)
            return
        }
        guard var data = reply.data else {
            endTransaction()
            respond(reply, to: current.identifier, current.record, context, current.strike)
            return
        }
        if let garbage = current.strike.garbage { data = garbage.data(of: data.range.count) }
        let announced = max(0, data.range.count + current.strike.lengthError)
        context.write(
            wrapOutboundOut(PtpIpAnswer.startData(transaction: current.identifier, length: announced)), promise: nil)
        outgoing = Outgoing(
            reply: reply, content: data.content, offset: data.range.lowerBound, end: data.range.upperBound,
            cut: current.strike.cut.map { data.range.lowerBound + min($0, data.range.count) },
            beginning: data.range.lowerBound)
        sendData(context)
    }

    /// Ends a transaction that gets no answer.
    private func abandon() {
        if let current { body.log(current.record) }
        endTransaction()
    }

    /// Sends a response; the log has the transaction once it is written.
    func respond(
        _ reply: PtpReply, to transaction: UInt32, _ record: TransactionRecord?, _ context: ChannelHandlerContext,
        _ strike: FaultTable.Strike = .init()
    ) {
        let named = strike.hasWrongTransaction ? transaction ^ 0x5555 : transaction
        let packet = wrapOutboundOut(PtpIpAnswer.response(reply, transaction: named))
        guard let record else {
            context.writeAndFlush(packet, promise: nil)
            return
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [body] result in
            if case .success = result { body.log(record.answered(reply.response)) } else { body.log(record) }
        }
        context.writeAndFlush(packet, promise: promise)
    }

    /// Sends data as long as the initiator takes it; goes on when it takes more. After each flush other bodies' turn comes.
    func sendData(_ context: ChannelHandlerContext) {
        guard !isSending, outgoing != nil else { return }
        guard !body.isSilent else {
            abandon()
            return
        }
        // Writing may report a change of writability from within.
        isSending = true
        while context.channel.isWritable, isDue(context), sendPacket(context) {}
        context.flush()
        isSending = false
        if outgoing != nil, waiting == nil, context.channel.isWritable {
            context.eventLoop.assumeIsolated().execute { [self] in sendData(context) }
        }
    }

    /// Whether the next packet may go; over a cable of a described speed, once it would have come through that.
    private func isDue(_ context: ChannelHandlerContext) -> Bool {
        guard let rate = body.description.linkBytesPerSecond, let outgoing else { return true }
        guard waiting == nil else { return false }
        let end = min((outgoing.cut ?? outgoing.end), outgoing.offset + Self.pacedPacketSize)
        let seconds = Double(end - outgoing.beginning) / Double(rate)
        let due = outgoing.start + .nanoseconds(Int64(seconds * 1e9))
        guard due > .now() else { return true }
        later(at: due, context) { connection, context in connection.sendData(context) }
        return false
    }

    /// Writes the next packet of data, and after the last one the response. False when there is nothing left.
    private func sendPacket(_ context: ChannelHandlerContext) -> Bool {
        guard let current, let outgoing else { return false }
        let end = outgoing.cut ?? outgoing.end
        let packetSize = body.description.linkBytesPerSecond == nil ? Self.packetSize : Self.pacedPacketSize
        let length = min(packetSize, end - outgoing.offset)
        let isWhole = outgoing.offset + length == end
        let isLast = isWhole && outgoing.cut == nil
        // What cannot be read from where it is kept cannot be sent: the initiator finds the connection closed.
        guard let slices = outgoing.content.slices(of: outgoing.offset..<outgoing.offset + length) else {
            body.dropConnections()
            return false
        }
        self.outgoing?.offset += length
        self.current?.record?.bytesOut += length
        context.write(
            wrapOutboundOut(
                PtpIpAnswer.dataHead(transaction: current.identifier, length: length, isLast: isLast)), promise: nil)
        for slice in slices { context.write(wrapOutboundOut(slice), promise: nil) }
        if isLast {
            let record = self.current?.record
            endTransaction()
            respond(outgoing.reply, to: current.identifier, record, context, current.strike)
        } else if isWhole {
            // Closed only after what was written is out.
            self.outgoing = nil
            let dropped = context.eventLoop.makePromise(of: Void.self)
            dropped.futureResult.whenComplete { [body] _ in body.dropConnections() }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: dropped)
        }
        return !isWhole
    }
}

extension FaultTable.Garbage {
    /// Random bytes in place of so many that there should be: the first 64 KiB of them of the seed's own, the rest filler.
    func data(of count: Int) -> PtpReplyData {
        let count = length ?? count
        var random = SeededNumbers(seed: seed)
        var head = ByteBuffer()
        while head.readableBytes < min(count, 64 * 1024) { head.writeInteger(random.next(), endianness: .little) }
        return PtpReplyData(ObjectContent(head: head, count: count, phase: Int(seed % 1_000_003)), 0..<count)
    }
}

extension Fault.BrokenPacket {
    /// The packet as it goes out.
    func bytes(transaction: UInt32) -> ByteBuffer {
        var packet = ByteBuffer()
        switch self {
        case .absurdLength, .shortLength, .unknownType:
            let lengths: [Fault.BrokenPacket: UInt32] = [.absurdLength: 0xFFFF_FFF0, .shortLength: 4]
            packet.writePtp(lengths[self] ?? 14)
            packet.writePtp(UInt32(self == .unknownType ? 99 : 7))
            packet.writePtp(ResponseCode.ok.rawValue)
            packet.writePtp(transaction)
        case .noise(let seed):
            var random = SeededNumbers(seed: seed)
            for _ in 0..<8 { packet.writeInteger(random.next(), endianness: .little) }
        }
        return packet
    }
}
