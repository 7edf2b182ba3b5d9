import Foundation
import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A port of this machine alone on which programs break the bodies of a rig, and do what a photographer would do to them:
/// one JSON object a line in, one a line out, in order.
///
/// At most `connectionLimit` programs are connected at a time; further ones are told so and closed. A request waits until
/// the answer before it was taken, so nobody fills the memory who does not read.
public struct ControlPort: Sendable {
    /// The port, also when 0 was asked for.
    public let port: Int

    private typealias Connection = NIOAsyncChannel<ControlLine, ByteBuffer>

    private static let connectionLimit = 16

    private let server: any Channel
    /// Connections that wait to be served, as plain channels: a `NIOAsyncChannel` that nobody serves is a trap.
    private let arrivals: AsyncStream<any Channel>
    private let commands: ControlCommands
    private let connected = NIOLockedValueBox(0)

    private init(_ server: any Channel, _ arrivals: AsyncStream<any Channel>, _ port: Int, _ rig: VirtualRig) {
        self.server = server
        self.arrivals = arrivals
        self.port = port
        commands = ControlCommands(rig: rig)
    }

    /// Listens on the loopback; port 0 is any free one. Nobody is served before `run`.
    ///
    /// - Throws: `PortUnavailable`.
    public static func start(_ rig: VirtualRig, port: Int = 0) async throws(PortUnavailable) -> ControlPort {
        let host = "127.0.0.1"
        let (arrivals, arrival) = AsyncStream.makeStream(
            of: (any Channel).self, bufferingPolicy: .bufferingOldest(4 * connectionLimit))
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(ControlLineDecoder()), WaitingConnection(arrival))
                }
            }
        do {
            let server = try await bootstrap.bind(host: host, port: port).get()
            return ControlPort(server, arrivals, server.localAddress?.port ?? port, rig)
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw PortUnavailable(host: host, port: port, reason: reason)
        }
    }

    /// Serves until its task is cancelled.
    public func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await channel in arrivals { group.addTask { await serve(channel) } }
                group.cancelAll()
            }
        } onCancel: {
            server.close(promise: nil)
        }
    }

    private func serve(_ channel: any Channel) async {
        let connection = try? await channel.eventLoop.submit { () -> Connection? in
            let waiting = try channel.pipeline.syncOperations.handler(type: WaitingConnection.self)
            guard channel.isActive, let connection = try? Connection(wrappingChannelSynchronously: channel) else {
                return nil
            }
            waiting.serve()
            // One that is closed meanwhile is served to its end all the same.
            try? channel.syncOptions?.setOption(.autoRead, value: true)
            return connection
        }.get()
        if let connection = connection ?? nil { await serve(connection) }
    }

    /// One program, until it or the server goes.
    private func serve(_ connection: Connection) async {
        let isWelcome = connected.withLockedValue { connected in
            connected += 1
            return connected <= Self.connectionLimit
        }
        defer { connected.withLockedValue { $0 -= 1 } }
        try? await connection.executeThenClose { lines, answers in
            guard isWelcome else {
                let sentence = "There are \(Self.connectionLimit) programs at the control port already."
                return try await answers.write(Self.line(.failed(DescriptionError(sentence))))
            }
            for try await line in lines {
                switch line {
                case .line(let bytes):
                    try await answers.write(Self.line(await commands.answer(Data(bytes.readableBytesView))))
                case .tooLong:
                    let sentence = "The line has more than \(ControlLineDecoder.limit) bytes."
                    try await answers.write(Self.line(.failed(DescriptionError(sentence))))
                }
            }
        }
    }

    private static func line(_ answer: JSONTree) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A tree of JSON is always JSON.
        var line = (try? encoder.encode(answer)).map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: "{\"ok\":false}")
        line.writeString("\n")
        return line
    }
}

/// Hands a connection on when it is active; one for which there is no place is closed. Until it is served it keeps what came:
/// a program that has closed its sending side is read to its end unasked. Bounded by what the kernel holds for it.
private final class WaitingConnection: ChannelInboundHandler {
    typealias InboundIn = ControlLine
    typealias InboundOut = ControlLine

    private let arrival: AsyncStream<any Channel>.Continuation
    private var context: ChannelHandlerContext?
    private var held: [ControlLine] = []
    private var isInputClosed = false
    private var isServed = false

    init(_ arrival: AsyncStream<any Channel>.Continuation) {
        self.arrival = arrival
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard case .enqueued = arrival.yield(context.channel) else { return context.close(promise: nil) }
    }

    func serve() {
        isServed = true
        guard let context else { return }
        for line in held { context.fireChannelRead(wrapInboundOut(line)) }
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

extension JSONTree {
    /// The answer that something was done.
    static func done(_ fields: [String: JSONTree] = [:]) -> JSONTree {
        .object(fields.merging(["ok": .flag(true)]) { field, _ in field })
    }

    /// The answer that something could not be done.
    static func failed(_ error: DescriptionError) -> JSONTree {
        .object(["ok": .flag(false), "error": .text(error.description)])
    }
}
