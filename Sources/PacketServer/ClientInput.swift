import NIOCore
import PacketProtocol

/// What a client sent.
enum ClientInput: Sendable {
    /// A packet.
    case packet(PtpPacket)
    /// Bytes that are none; whatever comes after them is dropped.
    case broken(FramingError)
}

/// Cuts what a client sends into packets. After bytes that are no packet it goes on reading and drops what comes: a
/// connection that is closed over unread bytes is reset, and the client would lose the answer that says why.
final class FramingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ClientInput

    private let processor: NIOSingleStepByteToMessageProcessor<PacketDecoder>
    private var isBroken = false

    init(limits: PacketLimits) {
        processor = NIOSingleStepByteToMessageProcessor(PacketDecoder(limits: limits))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        do {
            try processor.process(buffer: unwrapInboundIn(data)) { packet in
                context.fireChannelRead(wrapInboundOut(.packet(packet)))
            }
        } catch {
            isBroken = true
            let error = error as? FramingError ?? .tooShort(length: 0)
            context.fireChannelRead(wrapInboundOut(.broken(error)))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // What is dropped holds nobody up, so the reader behind is not asked whether it wants more.
        if isBroken { context.read() }
    }
}
