import Glibc
import NIOCore

/// A body's side of USB/IP: plays a still image device to the kernel on one connection, and speaks PTP/IP to the body on two
/// others. All three are on the body's event loop.
///
/// What the body's faults do to PTP/IP they do here: silence leaves transfers open, wrong lengths are announced, and a
/// connection that the body closes pulls the plug.
final class UsbIpFunction: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Beyond so many bytes that the host has not fetched, the body is not read.
    private static let highWater = 4 << 20
    /// Events that the host does not fetch; beyond them a new one is dropped.
    private static let heldEvents = 64
    private static let stall = -EPIPE
    private static let cancellationTime = TimeAmount.milliseconds(250)

    private let identity: UsbIdentity
    private let commands: any Channel
    private var reader = UsbIpReader()
    private var translator = PtpTranslator()
    private var bulk = UsbInEndpoint(packetSize: UsbIdentity.packetSize)
    private var events = UsbInEndpoint(packetSize: UsbIdentity.eventPacketSize)
    /// Transfers that are taken once the body takes more: at most what usbfs gives the host (16 MB unless it is told otherwise).
    private var held: [UsbTransfer] = []
    private var isReading = true
    /// Ends the wait for a body that says nothing of a transaction that was given up.
    private var cancellation: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    /// `commands` is the body's command connection.
    init(_ identity: UsbIdentity, commands: any Channel) {
        self.identity = identity
        self.commands = commands
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: The host

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        do throws(UsbIpError) {
            while let request = try reader.next() { take(request) }
        } catch {
            context.close(promise: nil)
        }
        context.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancellation?.cancel()
        cancellation = nil
        commands.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func take(_ request: UsbIpRequest) {
        switch request {
        case .unlink(let number, let transfer):
            let isOpen =
                bulk.unlink(transfer) || events.unlink(transfer) || held.contains { $0.number == transfer }
            held.removeAll { $0.number == transfer }
            // One that was answered already is answered with success here.
            answer(UsbIpAnswer.unlinked(number, status: isOpen ? -ECONNRESET : 0))
        case .submit(let transfer): take(transfer)
        }
    }

    private func take(_ transfer: UsbTransfer) {
        switch (transfer.endpoint, transfer.goesIn) {
        case (0, _): control(transfer)
        case (UsbIdentity.bulkIn, true):
            bulk.submit(transfer.number, length: transfer.length)
            carryOut(translator.read())
        case (UsbIdentity.interruptIn, true):
            events.submit(transfer.number, length: transfer.length)
            give()
        case (UsbIdentity.bulkOut, false):
            guard mayWrite, held.isEmpty else { return held.append(transfer) }
            write(transfer)
        default:
            answer(UsbIpAnswer.done(transfer.number, status: Self.stall, count: 0))
        }
    }

    private func write(_ transfer: UsbTransfer) {
        carryOut(translator.write(transfer.data))
        answer(UsbIpAnswer.done(transfer.number, count: transfer.length))
    }

    private func control(_ transfer: UsbTransfer) {
        let setup = transfer.setup
        guard let data = standard(setup) ?? ofItsClass(setup, transfer.data) else {
            return answer(UsbIpAnswer.done(transfer.number, status: Self.stall, count: 0))
        }
        guard transfer.goesIn else { return answer(UsbIpAnswer.done(transfer.number, count: transfer.length)) }
        let part = data.getSlice(at: data.readerIndex, length: min(data.readableBytes, transfer.length)) ?? data
        answer(UsbIpAnswer.done(transfer.number, count: part.readableBytes, data: part))
    }

    /// The requests that every device has (USB 2.0, section 9.4).
    private func standard(_ setup: UsbSetup) -> ByteBuffer? {
        switch (setup.type, setup.request) {
        case (0x80, 6): return identity.descriptor(UInt8(setup.value >> 8), UInt8(truncatingIfNeeded: setup.value))
        case (0x80, 0), (0x81, 0), (0x82, 0): return ByteBuffer(bytes: [0, 0])
        case (0x80, 8): return ByteBuffer(bytes: [1])
        case (0x81, 10): return ByteBuffer(bytes: [0])
        case (0x00, 9):
            carryOut(translator.cancel())
            return ByteBuffer()
        case (0x00, 1), (0x00, 3), (0x01, 1), (0x01, 3), (0x01, 11), (0x02, 1), (0x02, 3): return ByteBuffer()
        default: return nil
        }
    }

    /// Those of still image devices (USB still image capture device definition 1.0, section 5.2).
    private func ofItsClass(_ setup: UsbSetup, _ data: ByteBuffer) -> ByteBuffer? {
        switch (setup.type, setup.request) {
        case (0x21, 0x64):
            var data = data
            guard data.readPtp(UInt16.self) == 0x4001, let transaction = data.readPtp(UInt32.self) else { return nil }
            carryOut(translator.cancel(transaction))
            return ByteBuffer()
        case (0x21, 0x66):
            carryOut(translator.cancel())
            return ByteBuffer()
        case (0xA1, 0x67):
            // Four bytes of status: OK.
            return ByteBuffer(bytes: [4, 0, 0x01, 0x20])
        default: return nil
        }
    }

    private func answer(_ bytes: ByteBuffer) {
        guard let context else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    // MARK: The body

    /// The body has said something, on either connection.
    func take(_ reply: PtpIpReply) {
        carryOut(translator.take(reply))
        resume()
    }

    /// The body takes more, or less.
    func writabilityChanged() { resume() }

    private var mayWrite: Bool { commands.isWritable && !translator.awaitsCancellation }

    /// Does what had to wait for the body.
    private func resume() {
        if !translator.awaitsCancellation {
            cancellation?.cancel()
            cancellation = nil
        }
        while mayWrite, !held.isEmpty { write(held.removeFirst()) }
        if bulk.isAwaited { carryOut(translator.read()) }
        context?.flush()
    }

    /// The body has closed a connection: the plug is pulled.
    func lost() { context?.close(promise: nil) }

    private func carryOut(_ steps: [PtpTranslator.Step]) {
        var isSending = false
        for step in steps {
            switch step {
            case .send(let packet):
                commands.write(packet, promise: nil)
                isSending = true
            case .give(let bytes, let endsPhase):
                bulk.append(bytes)
                if endsPhase { bulk.end() }
            case .tell(let event):
                guard events.heldPhases < Self.heldEvents else { continue }
                events.append(event)
                events.end()
            case .clear: bulk.clear()
            }
        }
        if isSending { commands.flush() }
        give()
        guard translator.awaitsCancellation, cancellation == nil else { return }
        cancellation = commands.eventLoop.assumeIsolated().scheduleTask(in: Self.cancellationTime) { [self] in
            cancellation = nil
            translator.stopAwaiting()
            resume()
        }
    }

    /// Gives the host what it has asked for and can have.
    private func give() {
        while let (number, data) = bulk.next() {
            answer(UsbIpAnswer.done(number, count: data.readableBytes, data: data))
        }
        while let (number, data) = events.next() {
            answer(UsbIpAnswer.done(number, count: data.readableBytes, data: data))
        }
        let isWanted = bulk.heldBytes < Self.highWater
        guard isWanted != isReading else { return }
        isReading = isWanted
        try? commands.syncOptions?.setOption(.autoRead, value: isWanted)
    }
}

/// One of the two connections of PTP/IP to the body, read for a `UsbIpFunction`.
final class UsbBodyConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var reader = PtpIpReplyReader()
    /// Who is told; nil until the plug is in, when only the beginning is awaited.
    var function: UsbIpFunction?
    private var beginning: EventLoopPromise<UInt32>?

    /// `beginning` is fulfilled with the number of the connection once the body has taken it.
    init(beginning: EventLoopPromise<UInt32>) { self.beginning = beginning }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        while let reply = reader.next() {
            switch reply {
            case .initCommandAck(let number): begin(number)
            case .initEventAck: begin(0)
            default: function?.take(reply)
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        function?.writabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        beginning?.fail(ChannelError.eof)
        beginning = nil
        function?.lost()
        function = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func begin(_ number: UInt32) {
        beginning?.succeed(number)
        beginning = nil
    }
}
