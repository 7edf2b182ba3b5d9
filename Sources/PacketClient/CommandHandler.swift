import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// The shared side of a connection: its conversation behind a lock, and the events that were not read yet.
final class CommandLink: Sendable {
    let address: ServerAddress
    let conversation: NIOLockedValueBox<Conversation>
    let events: BoundedSequence<ServerEvent>

    init(address: ServerAddress, eventCapacity: Int) {
        self.address = address
        conversation = NIOLockedValueBox(Conversation(with: address))
        // Full: the newest event is dropped and counted, as the older ones come first in time.
        events = BoundedSequence(.bufferingOldest(eventCapacity))
    }

    /// Tells everybody who waits that nothing more will come.
    func finish(_ reason: FleetClientError) {
        let (waiters, end) = conversation.withLockedValue { conversation in
            let waiters = conversation.finish(reason)
            return (waiters, conversation.end ?? reason)
        }
        waiters.greeting?.resume(returning: .failure(end))
        for waiter in waiters.answers { waiter.resume(returning: .failure(end)) }
        events.source.finish(throwing: end == .closed ? nil : end)
    }
}

/// Hands what arrives on port 5555 to the conversation.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = PtpPacket

    private let link: CommandLink

    init(link: CommandLink) {
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = unwrapInboundIn(data)
        switch link.conversation.withLockedValue({ $0.receive(packet) }) {
        case .nothing: break
        case .answer(let waiter, let answer): waiter.resume(returning: answer)
        case .greet(let waiter, let greeting): waiter?.resume(returning: .success(greeting))
        case .event(let event): link.events.source.yield(event)
        case .fail(let error):
            link.finish(error)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? FramingError {
            link.finish(.notUnderstood(link.address, error.message))
        } else {
            link.finish(.connectionLost(link.address, reason: Dial.reason(of: error)))
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.finish(.connectionLost(link.address, reason: "the server closed it"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        link.finish(.connectionLost(link.address, reason: "the server closed it"))
    }
}
