import NIOCore
import PacketProtocol

/// Keeps what a client sent before its connection is served. Nothing is read until then, with one exception: a channel
/// whose client has closed its sending side is read to the end at once, whether anybody asked for it or not, and what comes
/// then would find nobody.
///
/// Bounded: what the kernel holds for a connection, and only of a client that sends no more.
final class EarlyInput: ChannelInboundHandler {
    typealias InboundIn = ClientInput
    typealias InboundOut = ClientInput

    private var context: ChannelHandlerContext?
    private var held: [ClientInput] = []
    private var isInputClosed = false
    private var isServed = false

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Somebody is there who takes the input: gives what was kept, and keeps nothing from now on.
    func serve() {
        isServed = true
        guard let context else { return }
        for input in held { context.fireChannelRead(wrapInboundOut(input)) }
        held = []
        context.fireChannelReadComplete()
        if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isServed else { return context.fireChannelRead(data) }
        held.append(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isServed { context.fireChannelReadComplete() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isServed, case ChannelEvent.inputClosed = event {
            isInputClosed = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
