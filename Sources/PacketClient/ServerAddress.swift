/// Where a fleet server listens: a host and the port of its commands.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The port of commands unless another is given (protocol.md, section 3).
    public static let standardPort = 5555

    /// A name or a numeric address, IPv6 without brackets.
    public var host: String
    /// 1 … 65,535.
    public var port: Int

    /// A host and a port.
    public init(host: String, port: Int = ServerAddress.standardPort) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST[:PORT]`, with an IPv6 address in brackets; nil when it is not one.
    public init?(_ text: String) {
        var rest = Substring(text)
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            guard host.contains(":") else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest[rest.index(rest.startIndex, offsetBy: host.count)...]
        }
        guard !host.isEmpty, host.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "/" && $0 != "[" }) else {
            return nil
        }
        guard rest.first == ":" else {
            guard rest.isEmpty else { return nil }
            port = Self.standardPort
            return
        }
        let digits = rest.dropFirst()
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), (1...65535).contains(number)
        else { return nil }
        port = number
    }

    /// `HOST:PORT`, with an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
