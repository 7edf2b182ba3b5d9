/// The limits of protocol.md, section 6, that the ports keep. All are settings.
public struct PortLimits: Sendable {
    /// Connections on one port; one more is told Too_Many and closed.
    public var connections = 4096
    /// Commands in flight on a connection; one more gets Too_Many.
    public var commandsInFlight = 256
    /// Sessions on a connection; one more gets Too_Many.
    public var sessions = 1024
    /// How long a connection that the server ends waits for the client to close its side, so that the last answer is not
    /// lost with bytes that nobody reads.
    public var lingering: Duration = .seconds(1)

    /// The limits of the page.
    public init() {}
}
