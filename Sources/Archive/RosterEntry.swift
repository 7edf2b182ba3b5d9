public import FleetModel

/// What the roster knows of one body, plugged in or not.
public struct RosterEntry: Sendable, Hashable {
    /// Names the body for good.
    public let id: BodyID
    /// Its number in the rig, unique in the roster: 1 … 1,000,000.
    public let cameraNumber: Int
    /// The name that a person gave it, unique in the roster; nil until somebody does.
    public let givenName: String?
    /// The groups that it belongs to, sorted, each once.
    public let groups: [String]
    /// The model in the words of the body.
    public let model: String
    /// The maker in the words of the body.
    public let manufacturer: String
    /// The body's own serial number, where it has one.
    public let serial: String?
    /// Where it was reached last, in libgphoto2's words, such as `usb:001,004`.
    public let lastPort: String
    /// When it was admitted last, in nanoseconds since 1970.
    public let lastSeen: Int64
    /// The name that clients see (protocol.md, CAMERA_INFO `name`), unique in the roster: the given one, else
    /// `camera-N`, else, where another body was given that name, the id. It depends on the other bodies' names, so it
    /// holds for the moment at which the entry was read.
    public let displayName: String

    /// The name of a body that was given none: `camera-N`.
    public static func defaultName(cameraNumber: Int) -> String {
        "camera-\(cameraNumber)"
    }
}

/// What a person changes of one body (protocol.md, SET_CAMERA_NAME); what is not said stays as it is.
public struct RosterChange: Sendable, Hashable {
    /// What becomes of a body's given name.
    public enum Name: Sendable, Hashable {
        /// The body keeps the name that it has.
        case keep
        /// The body is called by its default name again.
        case clear
        /// The body gets this name: 1 to 100 characters, which can name a folder.
        case give(String)
    }

    /// What becomes of its name.
    public var name: Name
    /// Its new number, 1 … 1,000,000; nil keeps the old one.
    public var cameraNumber: Int?
    /// All the groups that it shall belong to, in any order, doubles folded; nil keeps the old ones.
    public var groups: [String]?

    /// A change of name, number or groups; nothing unless told.
    public init(name: Name = .keep, cameraNumber: Int? = nil, groups: [String]? = nil) {
        self.name = name
        self.cameraNumber = cameraNumber
        self.groups = groups
    }
}
