/// Where a body is reached, in libgphoto2's words: `ptpip:192.168.1.20:15740:15740` or `usb:001,004`.
public struct BodyPort: Hashable, Sendable, CustomStringConvertible {
    /// The path that libgphoto2 looks up in its port list.
    public let path: String

    /// Takes a path as libgphoto2 gives it.
    public init(path: String) {
        self.path = path
    }

    /// A body on the network. libgphoto2 takes the event port to be 15740 unless it is said, so it always is.
    public init(host: String, commandPort: Int, eventPort: Int) {
        path = "ptpip:\(host):\(commandPort):\(eventPort)"
    }

    /// Whether the body is reached over PTP/IP.
    public var isNetwork: Bool { path.hasPrefix("ptpip:") }

    /// The path.
    public var description: String { path }
}

/// What a user writes to name a body that is not found by itself: `ptpip:HOST[:PORT[:EVENTPORT]]`.
public struct NetworkBodyAddress: Hashable, Sendable {
    /// A name or a numeric address; libgphoto2 wants the latter, so a name is to be looked up first.
    public let host: String
    /// The port of the command connection.
    public let commandPort: Int
    /// The port of the event connection; the same as `commandPort` unless given.
    public let eventPort: Int

    /// The port that PTP/IP has by its standard (CIPA DC-005).
    public static let standardPort = 15740

    /// Reads `ptpip:HOST[:PORT[:EVENTPORT]]`; nil when it is not one.
    public init?(_ text: String) {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 2, fields.count <= 4, fields[0] == "ptpip", !fields[1].isEmpty else { return nil }
        guard fields[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }) else {
            return nil
        }
        var ports: [Int] = []
        for field in fields[2...] {
            guard field.allSatisfy({ ("0"..."9").contains($0) }), let port = Int(field), (1...65535).contains(port)
            else { return nil }
            ports.append(port)
        }
        host = String(fields[1])
        commandPort = ports.first ?? Self.standardPort
        eventPort = ports.count > 1 ? ports[1] : commandPort
    }
}
