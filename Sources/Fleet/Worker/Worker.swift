import FleetModel
import NIOCore
import NIOPosix
import PacketProtocol

/// What a worker tells unasked.
enum WorkerEvent: Sendable {
    case prepared
    case opened(BodyDescription)
    case failed(WorkerFailure)
    case knownModels(KnownModels)
    case objectAdded(CapturedImage)
    /// The same of an image that the body has in its memory alone.
    case imageHeld(HeldImage)
    /// A file that a client put onto the body is there.
    case uploaded(CapturedImage)
    case objectRemoved(ObjectPath)
    case widgetChanged(ChangedWidget)
    case captureComplete
    case status(BodyStatus)
    case outdated
    case disarmed
}

/// One worker process and the link to it. `events` ends when the link does, which is how the end of the process shows.
struct Worker: Sendable {
    let link: WorkerLink
    /// In the order in which they came. Bounded: `LinkHandler.waitingEvents`.
    let events: AsyncStream<WorkerEvent>
    private let process: ChildProcess
    private let endingTime: Duration

    /// Takes the parent's end of a link that was just made.
    static func adopt(_ process: ChildProcess, link descriptor: CInt, limits: FleetLimits) async throws -> Worker {
        let (events, continuation) = AsyncStream.makeStream(
            of: WorkerEvent.self, bufferingPolicy: .bufferingOldest(LinkHandler.waitingEvents))
        let bootstrap = ClientBootstrap(group: EventLoopExecutor.ofCommands)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 65_536, maximum: 262_144)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(PacketDecoder(limits: .onLink)),
                        LinkHandler(events: continuation, grace: limits.driverGrace, hung: { process.kill() }))
                }
            }
        let channel = try await bootstrap.withConnectedSocket(descriptor).get()
        let handler = try await channel.eventLoop.submit {
            NIOLoopBound(
                try channel.pipeline.syncOperations.handler(type: LinkHandler.self), eventLoop: channel.eventLoop)
        }.get()
        return Worker(
            link: WorkerLink(channel: channel, handler: handler), events: events, process: process,
            endingTime: limits.endingTime)
    }

    /// Closes the link, upon which the process ends, and takes what is left of it.
    func end() async {
        try? await link.close()
        await process.reap(patience: endingTime)
    }

    /// Ends a process that answers no more.
    func kill() { process.kill() }
}
