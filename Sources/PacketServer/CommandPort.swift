public import Fleet
public import FleetModel
import NIOCore
import PacketProtocol
public import ServiceLifecycle

/// Port 5555: commands, their answers, and events (protocol.md, section 3).
public struct CommandPort: Service {
    /// The port that is listened on.
    public var port: Int { listener.port }

    private let listener: PortListener
    private let registry: CameraRegistry
    private let greeting: ServerGreeting
    private let limits: PortLimits

    /// Listens on an address for clients, who are told where the other two ports are.
    ///
    /// Throws General_Error when the port cannot be had.
    public init(
        host: String, port: Int, registry: CameraRegistry, liveViewPort: Int, downloadPort: Int,
        limits: PortLimits = PortLimits()
    ) async throws(FleetError) {
        listener = try await PortListener.bind(
            host: host, port: port, isReading: false, on: EventLoopExecutor.ofCommands,
            initializer: PacketConnection.configure(limits.ofCommands))
        greeting = ServerGreeting(liveViewPort: liveViewPort, downloadPort: downloadPort)
        self.registry = registry
        self.limits = limits
    }

    /// Serves clients until the server stops.
    public func run() async throws {
        let count = ConnectionCount(limit: limits.connections)
        await listener.run { channel in
            guard let connection = await PacketConnection(channel, limits: limits) else { return }
            guard count.enter() else { return await connection.refuse() }
            defer { count.leave() }
            await connection.serve { writer in
                CommandResponder(registry: registry, writer: writer, greeting: greeting, limits: limits)
            }
        }
    }
}

/// What CONNECTION_OK tells of the server.
struct ServerGreeting: Sendable {
    static let server = "camera-fleet/1.0.0"

    let liveViewPort: Int
    let downloadPort: Int

    var now: ConnectionGreeting {
        ConnectionGreeting(
            server: Self.server, protocol: 1, authentication: "none", liveViewPort: liveViewPort,
            downloadPort: downloadPort, time: WallClock.now())
    }
}
