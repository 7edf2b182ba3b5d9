import PacketProtocol

/// The limits of protocol.md, section 6, that the ports keep. All are settings.
public struct PortLimits: Sendable {
    /// Connections on one port; one more is told Too_Many and closed.
    public var connections = 4096
    /// Commands in flight on a connection; one more gets Too_Many.
    public var commandsInFlight = 256
    /// Sessions on a connection; one more gets Too_Many.
    public var sessions = 1024
    /// The longest command of a client in bytes, its header included; one that is longer breaks the connection.
    public var commandLength = 262_144
    /// The longest data packet of an upload in bytes, its header included; one that is longer breaks the connection.
    public var dataLength = 1_048_600
    /// How long a connection that the server ends waits for the client to close its side, so that the last answer is not
    /// lost with bytes that nobody reads.
    public var lingering: Duration = .seconds(1)

    /// The limits of the page.
    public init() {}

    /// What a client may send that uploads nothing.
    var ofCommands: PacketLimits { PacketLimits(command: commandLength, data: nil, answer: nil) }
    /// What a client may send that may upload.
    var ofTransfers: PacketLimits { PacketLimits(command: commandLength, data: dataLength, answer: nil) }
}
