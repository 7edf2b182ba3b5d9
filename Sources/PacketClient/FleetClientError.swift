public import FleetModel

/// Why a client did not get what it asked for. `description` is a sentence that tells a photographer what to do.
public enum FleetClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody answers at the address.
    case unreachable(ServerAddress, FleetPort, reason: String)
    /// The server answered with an error (protocol.md, section 2).
    case refused(FleetError)
    /// The connection ended while something was still to come.
    case connectionLost(ServerAddress, reason: String)
    /// What the server sent is not version 1 of the protocol.
    case notUnderstood(ServerAddress, String)
    /// This side closed the connection.
    case closed
    /// The task that asked was cancelled.
    case cancelled
    /// A file of this machine could not be read or written, or a file is not what the server said it would be.
    case file(String)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .unreachable(let address, .command, let reason):
            "No fleet server answers at \(address). Start one with: camera-fleet serve (\(reason))"
        case .unreachable(let address, .liveView, let reason):
            "The server's live view port \(address) does not answer. Is it open in the firewall? (\(reason))"
        case .unreachable(let address, .download, let reason):
            "The server's download port \(address) does not answer. Is it open in the firewall? (\(reason))"
        case .refused(let error): error.message
        case .connectionLost(let address, let reason): "The connection to \(address) was lost: \(reason)"
        case .notUnderstood(let address, let what):
            "What answers at \(address) is no fleet server of this version: \(what)"
        case .closed: "The connection was closed."
        case .cancelled: "It was stopped."
        case .file(let what): what
        }
    }

    /// Whether the same may go well on a new connection.
    var isBrokenConnection: Bool {
        switch self {
        case .unreachable, .connectionLost: true
        case .refused, .notUnderstood, .closed, .cancelled, .file: false
        }
    }
}

/// The ports of a server (protocol.md, sections 3 to 5).
public enum FleetPort: Sendable, Hashable {
    /// Commands, 5555.
    case command
    /// Live view, 4444.
    case liveView
    /// Downloads, 6666.
    case download
}

/// The answer of a command that was refused, from its code and its JSON.
func refusal(code: FleetErrorKind, description: ErrorDescription?) -> FleetClientError {
    .refused(
        FleetError(code, description?.message ?? "\(code.name), without a reason.", driver: description?.gphoto2))
}
