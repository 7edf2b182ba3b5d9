public import Fleet
public import FleetModel
import PacketProtocol
public import ServiceLifecycle

/// Port 6666: downloads and uploads (protocol.md, section 5).
public struct DownloadPort: Service {
    /// The port that is listened on.
    public var port: Int { listener.port }

    private let listener: PortListener
    private let registry: CameraRegistry
    private let limits: PortLimits

    /// Listens on an address for clients with tickets.
    ///
    /// Throws General_Error when the port cannot be had.
    public init(
        host: String, port: Int, registry: CameraRegistry, limits: PortLimits = PortLimits()
    ) async throws(FleetError) {
        listener = try await PortListener.bind(
            host: host, port: port, isReading: false, initializer: PacketConnection.configure(limits.ofTransfers))
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
            await connection.serve { writer in TransferResponder(registry: registry, writer: writer) }
        }
    }
}
