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
    /// How it showed itself on USB last; nil while it was only met on the network.
    public let usb: UsbTrace?
    /// By how much later than a shot's time it is released, in nanoseconds, where the shot does not say otherwise.
    public let releaseOffset: Int64
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

/// What a body shows of itself on USB before it is opened.
public struct UsbTrace: Sendable, Hashable {
    /// Vendor and product of its device descriptor, such as `04b0:043e`.
    public let model: String
    /// The serial number of its device descriptor, where it has one.
    public let serial: String?
    /// The socket that it is plugged into, in words that stay the same after a replug and a restart.
    public let socket: String

    /// What a device shows.
    public init(model: String, serial: String?, socket: String) {
        self.model = model
        self.serial = serial
        self.socket = socket
    }
}

/// A serial number that several bodies of a model have shown at once, so that it tells nothing (protocol.md, CAMERA_INFO).
public struct SharedSerial: Sendable, Hashable {
    /// Whose serial number it is.
    public enum Source: String, Sendable {
        /// The body's own.
        case body
        /// That of its USB descriptor.
        case usb
    }

    /// Maker and model, as they stand in an id.
    public let model: String
    /// The serial number.
    public let serial: String
    /// Whose it is.
    public let source: Source

    /// A serial number of a model.
    public init(model: String, serial: String, source: Source) {
        self.model = model
        self.serial = serial
        self.source = source
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
    /// By how much later than a shot's time it is released from now on, in nanoseconds, an hour at most either way; nil
    /// keeps what it was.
    public var releaseOffset: Int64?

    /// A change of name, number, groups or offset; nothing unless told.
    public init(
        name: Name = .keep, cameraNumber: Int? = nil, groups: [String]? = nil, releaseOffset: Int64? = nil
    ) {
        self.name = name
        self.cameraNumber = cameraNumber
        self.groups = groups
        self.releaseOffset = releaseOffset
    }
}
