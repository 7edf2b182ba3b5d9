import FleetModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

/// One listening port: takes connections, at most as many as its limit, and ends them all when the server stops.
struct PortListener<Connection: Sendable>: Sendable {
    /// The port that is listened on: the one asked for, or the one that the system gave for 0.
    let port: Int
    private let server: NIOAsyncChannel<Connection, Never>

    /// Listens on an address.
    ///
    /// Throws General_Error when that cannot be done; the message says why.
    static func bind(
        host: String, port: Int, backlog: Int32 = 1024,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Connection>
    ) async throws(FleetError) -> PortListener {
        do {
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(host: host, port: port, childChannelInitializer: initializer)
            return PortListener(port: server.channel.localAddress?.port ?? port, server: server)
        } catch {
            throw FleetError(.generalError, "Port \(port) on \(host) cannot be listened on: \(error).")
        }
    }

    /// Serves every connection in a task of its own, until the server stops.
    func run(serve: @escaping @Sendable (Connection) async -> Void) async throws {
        try await cancelWhenGracefulShutdown {
            try await server.executeThenClose { connections in
                await withDiscardingTaskGroup { group in
                    var connections = connections.makeAsyncIterator()
                    // Ends with the listener: by a stop, which ends the connections as well.
                    while let connection = try? await connections.next() {
                        group.addTask { await serve(connection) }
                    }
                    group.cancelAll()
                }
            }
        }
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
