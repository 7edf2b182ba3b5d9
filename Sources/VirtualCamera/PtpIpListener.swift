import Glibc
internal import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A port that a body cannot have.
public struct PortUnavailable: Error, CustomStringConvertible {
    /// The address that was asked for.
    public let host: String
    /// The port that was asked for.
    public let port: Int
    /// What the system said.
    public let reason: String

    /// A sentence for a person.
    public var description: String {
        "A body cannot have port \(port) of \(host): \(reason). Give another port or address."
    }
}

/// The network of a body: one port, on which it takes command and event connections of PTP/IP.
///
/// libgphoto2's name for it is `ptpip:HOST:PORT:PORT`.
public final class PtpIpListener: Sendable {
    /// The body that answers.
    public let body: VirtualBody
    /// The address that the port is on, in numbers.
    public let host: String
    /// The port, also when 0 was asked for.
    public let port: Int

    private let channel: NIOLockedValueBox<(any Channel)?>

    private init(_ body: VirtualBody, _ host: String, _ port: Int, _ channel: any Channel) {
        self.body = body
        self.host = host
        self.port = port
        self.channel = NIOLockedValueBox(channel)
    }

    /// Takes connections for a body; port 0 is any free one.
    ///
    /// - Throws: `PortUnavailable`.
    public static func start(
        _ body: VirtualBody, host: String = "127.0.0.1", port: Int = 0
    ) async throws(PortUnavailable) -> PtpIpListener {
        let channel = try await bind(body, host, port)
        let address = channel.localAddress
        return PtpIpListener(body, address?.ipAddress ?? host, address?.port ?? port, channel)
    }

    /// libgphoto2's name of the port.
    public var portPath: String { "ptpip:\(host):\(port):\(port)" }

    /// Refuses new connections; those that are open stay.
    public func refuseConnections() async {
        let channel = channel.withLockedValue { channel in
            defer { channel = nil }
            return channel
        }
        try? await channel?.close()
    }

    /// Takes connections again, on the same port.
    ///
    /// - Throws: `PortUnavailable` if somebody else has the port now.
    public func acceptConnections() async throws(PortUnavailable) {
        guard channel.withLockedValue({ $0 == nil }) else { return }
        let new = try await Self.bind(body, host, port)
        channel.withLockedValue { $0 = new }
    }

    /// Pulls the cable: nothing that was connected is any more, and nothing can connect.
    public func unplug() async {
        await refuseConnections()
        body.dropConnections()
    }

    /// Plugs the cable in again.
    public func replug() async throws(PortUnavailable) { try await acceptConnections() }

    /// Ends it all.
    public func stop() async {
        await unplug()
    }

    private static func bind(
        _ body: VirtualBody, _ host: String, _ port: Int
    ) async throws(PortUnavailable) -> any Channel {
        let bootstrap = ServerBootstrap(group: body.eventLoop)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 512 * 1024, high: 2 * 1024 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let arrivals = body.isLogged ? try stamps(of: channel) : nil
                    try channel.pipeline.syncOperations.addHandler(PtpIpConnection(body, arrivals: arrivals))
                }
            }
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw PortUnavailable(host: host, port: port, reason: reason)
        }
    }

    /// Has the kernel note when requests come in on a connection; nil where it does not.
    private static func stamps(of channel: any Channel) throws -> ArrivalStamps? {
        let socket = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (socket: NIOBSDSocket.Handle) in
            socket
        }
        guard let socket, let stamps = ArrivalStamps(socket: socket) else { return nil }
        try channel.syncOptions?.setOption(.recvAllocator, value: StampedReads(stamps: stamps))
        return stamps
    }
}

/// Several bodies, each on a port of its own.
public struct VirtualRig: Sendable {
    /// The bodies' ports, in the order of their descriptions.
    public let listeners: [PtpIpListener]
    /// The bodies' cables to the machine's own USB, in the same order; none before `plugIntoUsb`.
    public private(set) var cables: [UsbCable] = []

    init(listeners: [PtpIpListener]) { self.listeners = listeners }

    /// The bodies, in the order of their descriptions.
    public var bodies: [VirtualBody] { listeners.map(\.body) }

    /// Starts a body for each description, on the port that it says, or else on ports one after the other, or on any free
    /// ones if the first is 0.
    ///
    /// - Throws: `PortUnavailable` if one of the ports cannot be had, `DescriptionError` if there can be no such body; then
    ///   none is kept.
    public static func start(
        _ descriptions: [VirtualBodyDescription], host: String = "127.0.0.1", firstPort: Int = 0,
        logFile: TransactionLogFile? = nil
    ) async throws -> VirtualRig {
        var listeners: [PtpIpListener] = []
        do {
            for (index, description) in descriptions.enumerated() {
                let port = description.port ?? (firstPort == 0 ? 0 : firstPort + index)
                let body = try VirtualBody(description, logFile: logFile)
                listeners.append(try await PtpIpListener.start(body, host: host, port: port))
            }
        } catch {
            await VirtualRig(listeners: listeners).stop()
            throw error
        }
        return VirtualRig(listeners: listeners)
    }

    /// Plugs every body into the machine's own USB, too.
    ///
    /// - Throws: `VirtualUsbBus.Unavailable` where that cannot be; then none is plugged in.
    public mutating func plugIntoUsb() async throws {
        var plugged: [UsbCable] = []
        do {
            for listener in listeners {
                let cable = UsbCable(listener)
                try await cable.plug()
                plugged.append(cable)
            }
        } catch {
            for cable in plugged { await cable.unplug() }
            throw error
        }
        cables = plugged
    }

    /// The cable of a body to the machine's USB, if it has one.
    func cable(of listener: PtpIpListener) -> UsbCable? {
        listeners.firstIndex { $0 === listener }.flatMap { cables.indices.contains($0) ? cables[$0] : nil }
    }

    /// Ends it all.
    public func stop() async {
        for cable in cables { await cable.unplug() }
        for listener in listeners { await listener.stop() }
    }
}
