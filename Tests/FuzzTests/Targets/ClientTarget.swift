import Dispatch
import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import PacketProtocol

@testable import PacketClient

extension FuzzTarget {
    /// What the client's library reads from a server: a byte for the port, one for how it is cut, then the stream. On the
    /// commands' port it waits for the greeting and for two answers, one of them with at most 64 bytes of data.
    ///
    /// Everybody who waits is told how it went, once.
    static let client = FuzzTarget(name: "client") { bytes in
        var input = FuzzInput(bytes)
        let isLiveView = input.byte() & 1 == 1
        let pieces = input.pieces()
        if isLiveView { try liveView(pieces) } else { try commands(pieces) }
    }

    private static func commands(_ pieces: [ByteBuffer]) throws {
        let link = CommandLink(address: ServerAddress(host: "server"), eventCapacity: 4)
        let told = DispatchSemaphore(value: 0)
        let isWaiting = DispatchSemaphore(value: 0)
        for id in 0..<3 as Range<UInt32> {
            Task {
                if id == 0 {
                    let result = await withCheckedContinuation { waiter in
                        let early = link.conversation.withLockedValue { $0.awaitGreeting(waiter) }
                        if let early { waiter.resume(returning: early) }
                        isWaiting.signal()
                    }
                    _ = try? result.get()
                } else {
                    let result = await withCheckedContinuation { waiter in
                        let refusal = link.conversation.withLockedValue {
                            $0.ask(id, waiter, dataLimit: id == 2 ? 64 : nil)
                        }
                        if let refusal { waiter.resume(returning: .failure(refusal)) }
                        isWaiting.signal()
                    }
                    if case .success(let reply) = result, reply.data.readableBytes > 64 { return }
                }
                told.signal()
            }
        }
        for _ in 0..<3 { isWaiting.wait() }
        feed(pieces, to: CommandHandler(link: link))
        for _ in 0..<3 {
            try Broken.unless(told.wait(timeout: .now() + 10) == .success, "somebody waits and was never told")
        }
    }

    private static func liveView(_ pieces: [ByteBuffer]) throws {
        let frames = BoundedSequence<LiveViewFrame>(.bufferingNewest(2))
        let loop = EmbeddedEventLoop()
        let opened = loop.makePromise(of: Void.self)
        let isTold = NIOLockedValueBox(false)
        opened.futureResult.whenComplete { _ in isTold.withLockedValue { $0 = true } }
        feed(
            pieces,
            to: LiveViewHandler(address: ServerAddress(host: "server"), frames: frames.source, opened: opened),
            on: loop)
        try Broken.unless(isTold.withLockedValue { $0 }, "whoever opens a live view was never told")
    }

    private static func feed(
        _ pieces: [ByteBuffer], to handler: any ChannelHandler, on loop: EmbeddedEventLoop = EmbeddedEventLoop()
    ) {
        let channel = EmbeddedChannel(
            handlers: [ByteToMessageHandler(PacketDecoder(limits: .fromServer)), handler], loop: loop)
        channel.connect(to: try? SocketAddress(unixDomainSocketPath: "/server"))
        for piece in pieces {
            guard channel.isActive, (try? channel.writeInbound(piece)) != nil else { break }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

extension EmbeddedChannel {
    fileprivate func connect(to address: SocketAddress?) {
        if let address { connect(to: address, promise: nil) }
    }
}
