public import FleetModel

/// The code of a response: OK, or the kind of an error (protocol.md, section 2).
public enum ResponseCode: Sendable, Hashable {
    /// 0x2001.
    case ok
    /// What went wrong.
    case error(FleetErrorKind)

    /// The code on the wire.
    public var rawValue: UInt16 {
        switch self {
        case .ok: 0x2001
        case .error(let kind): kind.rawValue
        }
    }

    /// The response of that code; an unknown one is a General_Error.
    public init(rawValue: UInt16) {
        self = rawValue == 0x2001 ? .ok : .error(FleetErrorKind(rawValue: rawValue) ?? .generalError)
    }
}
