public import Fleet
public import FleetModel
import NIOCore
import PacketProtocol
public import ServiceLifecycle

/// Port 4444: live view (protocol.md, section 4).
public struct LiveViewPort: Service {
    /// The port that is listened on.
    public var port: Int { listener.port }

    private let listener: PortListener

    /// Listens on an address for viewers with tickets.
    ///
    /// Throws General_Error when the port cannot be had.
    public init(
        host: String, port: Int, registry: CameraRegistry, limits: PortLimits = PortLimits()
    ) async throws(FleetError) {
        let count = ConnectionCount(limit: limits.connections)
        listener = try await PortListener.bind(host: host, port: port, isReading: true) { channel in
            // What the kernel holds for a viewer that does not read is old when it is read: keep it short.
            try channel.syncOptions?.setOption(.tcpOption(.notSentLowWater), value: 262_144)
            try channel.pipeline.syncOperations.addHandlers(
                FramingHandler(limits: limits.ofCommands),
                LiveViewHandler(registry: registry, limits: limits, count: count))
        }
    }

    /// Serves viewers until the server stops.
    public func run() async throws {
        await listener.run { channel in
            await withTaskCancellationHandler {
                try? await channel.closeFuture.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        }
    }
}
