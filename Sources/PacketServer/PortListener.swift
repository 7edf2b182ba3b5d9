import FleetModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

/// One listening port: takes connections and ends them all when the server stops.
///
/// Connections wait as plain channels until somebody serves them: at most `backlog`; one more is closed. Those that nobody
/// serves any more, because the server stops or never started, end with the process.
struct PortListener: Sendable {
    /// The port that is listened on: the one asked for, or the one that the system gave for 0.
    let port: Int
    private let server: any Channel
    private let connections: AsyncStream<any Channel>

    /// Listens on an address. `isReading` says whether a connection reads before it is served.
    ///
    /// Throws General_Error when that cannot be done; the message says why.
    static func bind(
        host: String, port: Int, isReading: Bool, backlog: Int = 4096,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        initializer: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(FleetError) -> PortListener {
        let (connections, arrival) = AsyncStream.makeStream(
            of: (any Channel).self, bufferingPolicy: .bufferingOldest(backlog))
        do {
            let server = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: Int32(backlog))
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.autoRead, value: isReading)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try initializer(channel)
                        try channel.pipeline.syncOperations.addHandler(ArrivalHandler(arrival))
                    }
                }
                .bind(host: host, port: port).get()
            return PortListener(port: server.localAddress?.port ?? port, server: server, connections: connections)
        } catch {
            throw FleetError(.generalError, "Port \(port) on \(host) cannot be listened on: \(error).")
        }
    }

    /// Serves every connection in a task of its own, until the server stops.
    func run(serve: @escaping @Sendable (any Channel) async -> Void) async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await connection in connections { group.addTask { await serve(connection) } }
                // The stop ends the stream, and the connections as well.
                group.cancelAll()
                try? await server.close()
            }
        }
    }
}

/// Hands a connection on when it is active: before that it cannot be served, and looks like one that is closed.
private final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let arrival: AsyncStream<any Channel>.Continuation

    init(_ arrival: AsyncStream<any Channel>.Continuation) {
        self.arrival = arrival
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard case .enqueued = arrival.yield(context.channel) else { return context.close(promise: nil) }
    }
}

/// Counts the connections of a port.
final class ConnectionCount: Sendable {
    let limit: Int
    private let count = NIOLockedValueBox(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place; false when there is none.
    func enter() -> Bool {
        count.withLockedValue { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    /// Gives a place back.
    func leave() {
        count.withLockedValue { $0 -= 1 }
    }
}
