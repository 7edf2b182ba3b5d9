import NIOCore

/// PTP over USB on one side, PTP/IP on the other: what the host writes to the bulk endpoint becomes packets for a body, and
/// what the body answers becomes containers. A value, without connections.
///
/// Whether an operation has data of the host's, USB does not say: the host's next step tells, which is more to write, or a
/// request to read.
struct PtpTranslator {
    /// What is to be done.
    enum Step: Equatable {
        /// Send this to the body.
        case send(ByteBuffer)
        /// Give this to the host, on the bulk endpoint; `endsPhase`: the phase is whole.
        case give(ByteBuffer, endsPhase: Bool)
        /// Give this to the host, on the endpoint of interrupts.
        case tell(ByteBuffer)
        /// Drop what was to be given to the host.
        case clear
    }

    private enum Stage: Equatable {
        case idle
        /// A command that is not sent yet.
        case commanded
        /// So many bytes of the host's data are to come; nil: until a short packet.
        case receiving(remaining: UInt64?)
        /// The body is to answer.
        case answering
    }

    private struct Command: Equatable {
        var code: UInt16
        var transaction: UInt32
        var parameters: [UInt32]
    }

    private var stage = Stage.idle
    private var command = Command(code: 0, transaction: 0, parameters: [])
    private var written = ByteBuffer()
    /// A transaction that was given up, of which more may come.
    private var abandoned: UInt32?
    /// Whether the body is still to say that it gave a transaction up. Until then nothing more is to be asked of it: what it
    /// had to say before has to be read first.
    private(set) var awaitsCancellation = false

    // MARK: The host's side

    /// The host has written.
    mutating func write(_ bytes: ByteBuffer) -> [Step] {
        var steps: [Step] = []
        var bytes = bytes
        let isShort = bytes.readableBytes % UsbIdentity.packetSize != 0 || bytes.readableBytes == 0
        if case .receiving(let remaining) = stage {
            receive(&bytes, remaining, isShort: isShort, &steps)
            return steps
        }
        written.discardReadBytes()
        written.writeBuffer(&bytes)
        guard let header = PtpUsbContainer.Header(written) else {
            // Less than a header in a packet that is short will never be one.
            if isShort { written.clear() }
            return steps
        }
        switch PtpUsbContainer.Kind(rawValue: header.kind) {
        case .command:
            guard let new = readCommand(header) else {
                if isShort { written.clear() }
                return steps
            }
            if stage == .answering { steps += giveUp() }
            if abandoned == new.transaction, !awaitsCancellation { abandoned = nil }
            command = new
            stage = .commanded
        case .data where stage == .commanded && header.transaction == command.transaction:
            written.moveReaderIndex(forwardBy: PtpUsbContainer.headerLength)
            let length =
                header.length == PtpUsbContainer.unknownLength
                ? nil : UInt64(max(0, Int64(header.length) - Int64(PtpUsbContainer.headerLength)))
            steps.append(.send(operation(sendsData: true)))
            steps.append(
                .send(PtpIpRequest.startData(transaction: command.transaction, length: length ?? UInt64.max)))
            var rest = written
            written.clear()
            if length == 0 {
                // A body takes the word that there is nothing to come as the end.
                stage = .answering
            } else if rest.readableBytes == 0 {
                stage = .receiving(remaining: length)
            } else {
                receive(&rest, length, isShort: isShort, &steps)
            }
        default:
            written.clear()
        }
        return steps
    }

    /// The host asks for what the body has to say.
    mutating func read() -> [Step] {
        guard stage == .commanded, !awaitsCancellation else { return [] }
        stage = .answering
        return [.send(operation(sendsData: false))]
    }

    /// The host gives up a transaction, or all (nil).
    mutating func cancel(_ transaction: UInt32? = nil) -> [Step] {
        guard stage != .idle, transaction == nil || transaction == command.transaction else { return [] }
        let isSent = stage != .commanded
        let steps: [Step] = isSent ? giveUp() : [.clear]
        stage = .idle
        written.clear()
        return steps
    }

    /// The body says nothing of what was given up: it had nothing.
    mutating func stopAwaiting() { awaitsCancellation = false }

    private mutating func giveUp() -> [Step] {
        abandoned = command.transaction
        awaitsCancellation = true
        return [.send(PtpIpRequest.cancel(transaction: command.transaction)), .clear]
    }

    private func operation(sendsData: Bool) -> ByteBuffer {
        PtpIpRequest.operation(
            command.code, transaction: command.transaction, parameters: command.parameters, sendsData: sendsData)
    }

    /// A command that is whole.
    private mutating func readCommand(_ header: PtpUsbContainer.Header) -> Command? {
        guard 12...32 ~= header.length, var container = written.readSlice(length: Int(header.length)) else {
            return nil
        }
        container.moveReaderIndex(forwardBy: PtpUsbContainer.headerLength)
        var parameters: [UInt32] = []
        while let parameter = container.readPtp(UInt32.self) { parameters.append(parameter) }
        return Command(code: header.code, transaction: header.transaction, parameters: parameters)
    }

    private mutating func receive(_ bytes: inout ByteBuffer, _ remaining: UInt64?, isShort: Bool, _ steps: inout [Step])
    {
        let count = min(UInt64(bytes.readableBytes), remaining ?? .max)
        let rest = remaining.map { $0 - count }
        let isLast = rest == 0 || isShort
        if count > 0 || isLast, let part = bytes.readSlice(length: Int(count)) {
            steps.append(.send(PtpIpRequest.data(transaction: command.transaction, part, isLast: isLast)))
        }
        stage = isLast ? .answering : .receiving(remaining: rest)
    }

    // MARK: The body's side

    /// The body has said something.
    mutating func take(_ reply: PtpIpReply) -> [Step] {
        switch reply {
        case .event(let code, let transaction, let parameters):
            return [
                .tell(
                    PtpUsbContainer.container(.event, code: code, transaction: transaction, parameters: parameters))
            ]
        case .broken(let bytes):
            // It takes the place of the answer.
            stage = .idle
            return [.give(bytes, endsPhase: true)]
        case .response(let code, let transaction, let parameters):
            guard transaction != abandoned else {
                abandoned = nil
                awaitsCancellation = false
                return []
            }
            stage = .idle
            let response = PtpUsbContainer.container(
                .response, code: code, transaction: transaction, parameters: parameters)
            return [.give(response, endsPhase: true)]
        case .startData(let transaction, let length):
            guard transaction != abandoned else { return [] }
            return [
                .give(
                    PtpUsbContainer.header(.data, code: command.code, transaction: transaction, length: length),
                    endsPhase: false)
            ]
        case .data(let transaction, let bytes, let isLast):
            guard transaction != abandoned else { return [] }
            return [.give(bytes, endsPhase: isLast)]
        case .initCommandAck, .initEventAck, .other: return []
        }
    }
}
