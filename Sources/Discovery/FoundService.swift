/// A service that announces itself on the local network (DNS-SD, RFC 6763).
public struct FoundService: Hashable, Sendable {
    /// The name of this one, such as a camera's model and a part of its serial number.
    public var name: String
    /// Its IPv4 address, in numbers.
    public var address: String
    /// Its TCP port.
    public var port: Int

    /// A service.
    public init(name: String, address: String, port: Int) {
        self.name = name
        self.address = address
        self.port = port
    }
}

/// Why services cannot be looked for.
public struct DiscoveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What Avahi's library said.
    public var reason: String

    /// A sentence for a person.
    public var description: String {
        "Cameras on the network cannot be looked for (\(reason)): is avahi-daemon installed, and does it run?"
    }
}
