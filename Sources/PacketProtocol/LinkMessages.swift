public import FleetModel

/// The commands that the link between the server and a body's worker has beside the protocol's own, which keep their
/// codes and meaning there: 0x0002, 0x0003, 0x0006 to 0x000C, 0x000E to 0x0010, 0x0017. Two differ: 0x0004 describes an
/// object (`ObjectArguments`, `ObjectDescription`) and 0x0005 asks for one live view frame (a data packet, then a
/// response).
public enum LinkCommand: UInt16, Sendable {
    /// A piece of an object (`PieceArguments`): a data packet, then an empty response.
    case readPiece = 0x0101
    /// A whole object into a file of the server's (`StoreObjectArguments`, `StoredObject`).
    case storeObject = 0x0102
    /// A real exchange with the body (`BodyStatus`).
    case check = 0x0103
    /// Whether a file of that place and size can be put onto the body (`UploadArguments`, `Nothing`).
    case checkUpload = 0x0104
    /// Puts a file of the server's onto the body (`PutObjectArguments`, `Nothing`).
    case putObject = 0x0105
    /// Everything that can be done before a release is done now (`ArmArguments`, `ArmedBody`).
    case arm = 0x0106
    /// The armed body is released at a time, once (`FireArguments`, `FiredBody`).
    case fire = 0x0107
    /// What arming did for a shot is undone (`DisarmArguments`); nothing happens where another's is armed, or none.
    case disarm = 0x0108
    /// A piece of an object into a file of the server's that is there already (`StorePieceArguments`, `StoredPiece`).
    case storePiece = 0x0109
    /// Images go to the card, to the memory or to both from now on (`CaptureTargetArguments`, `Nothing`), where the body lets
    /// it be chosen.
    case chooseCaptureTarget = 0x010A
}

/// Arguments of the link's CHOOSE_CAPTURE_TARGET.
public struct CaptureTargetArguments: Codable, Sendable {
    /// Where images are to go.
    public var target: CaptureTarget

    /// Where images are to go.
    public init(target: CaptureTarget) {
        self.target = target
    }
}

/// The events of the link beside the protocol's object_added (`CapturedImage`), object_removed (`ObjectPath`),
/// widget_changed (`ChangedWidget`) and capture_complete (`Nothing`).
public enum LinkEvent: UInt16, Sendable {
    /// The body is open (`BodyDescription`).
    case opened = 0xC100
    /// The body could not be opened, or was lost (`WorkerFailure`); the worker ends after it.
    case failed = 0xC101
    /// The body's charge is another (`BodyStatus`).
    case status = 0xC103
    /// The driver remembers what is not so any more (`Nothing`): the body is to be opened anew before its next command.
    case outdated = 0xC104
    /// The body is not armed any more (`Nothing`): its time was over, or a command did what arming does not survive.
    case disarmed = 0xC105
    /// The driver is loaded (`Nothing`): from now on it is the body that takes time.
    case prepared = 0xC107
    /// What a worker started with `--known-models` knows (`KnownModels`); it ends after it.
    case knownModels = 0xC106
    /// A file that a client put onto the body is there (`CapturedImage`): told in place of object_added.
    case uploaded = 0xC108
    /// An image that the body has in its memory alone (`HeldImage`): told in place of object_added.
    case imageHeld = 0xC109
    /// The body exposes for longer than a moment (`Exposing`), for which its driver may wait.
    case exposing = 0xC10A
}

/// The link's EXPOSING: a driver that is silent meanwhile is not hung.
public struct Exposing: Codable, Sendable, Hashable {
    /// How long the driver may need from now on, in nanoseconds: for the exposure, and as long again for the picture of its
    /// noise.
    public var nanoseconds: Int64

    /// So many nanoseconds.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }
}

/// The link's IMAGE_HELD: an image that is lost with the driver's process, but for a copy.
public struct HeldImage: Codable, Sendable, Hashable {
    /// The image.
    public var image: CapturedImage
    /// The file of this machine that has its content, until the worker needs the room or ends.
    public var file: String

    /// An image and its copy.
    public init(image: CapturedImage, file: String) {
        self.image = image
        self.file = file
    }
}

/// Arguments of the link's READ_PIECE.
public struct PieceArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// The first byte.
    public var offset: Int64
    /// How many bytes, at most 1 MiB.
    public var length: Int

    /// A piece of an object.
    public init(folder: String, name: String, offset: Int64, length: Int) {
        self.folder = folder
        self.name = name
        self.offset = offset
        self.length = length
    }
}

/// Arguments of the link's STORE_PIECE: the pieces of a file come one after the other.
public struct StorePieceArguments: Codable, Sendable {
    /// The piece.
    public var source: PieceArguments
    /// The file that it is written to, where it has the same offset.
    public var path: String
    /// Whether it is the object's last, with which the whole's digest comes.
    public var isLast: Bool

    /// A piece and where to put it.
    public init(source: PieceArguments, path: String, isLast: Bool) {
        self.source = source
        self.path = path
        self.isLast = isLast
    }

    /// Where the file has it.
    public var offset: Int64 { source.offset }
}

/// Result of the link's STORE_PIECE.
public struct StoredPiece: Codable, Sendable {
    /// How many bytes the file has now.
    public var size: Int64
    /// Of the whole file, in hexadecimal, after its last piece.
    public var sha256: String?

    /// What was written.
    public init(size: Int64, sha256: String? = nil) {
        self.size = size
        self.sha256 = sha256
    }
}

/// Arguments of the link's STORE_OBJECT.
public struct StoreObjectArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Which of the object's files.
    public var type: ObjectFileType
    /// The file that the worker makes; it must not be there.
    public var path: String

    /// An object and where to put it.
    public init(folder: String, name: String, type: ObjectFileType, path: String) {
        self.folder = folder
        self.name = name
        self.type = type
        self.path = path
    }
}

/// Arguments of the link's PUT_OBJECT.
public struct PutObjectArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// The file that it shall be.
    public var path: String

    /// A file and where to put it.
    public init(folder: String, name: String, path: String) {
        self.folder = folder
        self.name = name
        self.path = path
    }
}

/// Result of the link's DESCRIBE_OBJECT.
public struct ObjectDescription: Codable, Sendable {
    /// In bytes.
    public var size: Int64
    /// The media type.
    public var mime: String
    /// The time that the body gives for it, in seconds since 1970; nil where it gives none.
    public var modified: Int64?

    /// What an object is.
    public init(size: Int64, mime: String, modified: Int64? = nil) {
        self.size = size
        self.mime = mime
        self.modified = modified
    }
}

/// Result of the link's STORE_OBJECT.
public struct StoredObject: Codable, Sendable {
    /// How many bytes were written.
    public var size: Int64

    /// A size.
    public init(size: Int64) { self.size = size }
}

/// Result of the link's CHECK.
public struct BodyStatus: Codable, Sendable {
    /// Charge in percent, where the body says it.
    public var battery: Int?

    /// A charge.
    public init(battery: Int? = nil) { self.battery = battery }
}

/// What a worker tells of a widget whose value is another.
public struct ChangedWidget: Codable, Sendable {
    /// The widget's name.
    public var widgetID: String
    /// Its new value, where it is known.
    public var value: WidgetValue?

    /// A widget and its value.
    public init(widgetID: String, value: WidgetValue?) {
        self.widgetID = widgetID
        self.value = value
    }
}

/// What a worker says of the body that it opened.
public struct BodyDescription: Codable, Sendable {
    /// The model in the body's own words.
    public var model: String
    /// The maker in the body's own words.
    public var manufacturer: String
    /// The body's own serial number, where it has one.
    public var serial: String?
    /// Charge in percent, where the body says it.
    public var battery: Int?
    /// What its driver can do with it.
    public var can: [Capability]

    /// What a body is.
    public init(model: String, manufacturer: String, serial: String?, battery: Int?, can: [Capability]) {
        self.model = model
        self.manufacturer = manufacturer
        self.serial = serial
        self.battery = battery
        self.can = can
    }
}

/// Why a worker ends.
public struct WorkerFailure: Codable, Sendable {
    /// The kinds of failure that the server treats differently.
    public enum Reason: String, Codable, Sendable {
        /// Nothing is there: no device, nobody listens at the address.
        case unreachable
        /// The body is there and does not answer.
        case silent
        /// The body closed the connection or answered out of step.
        case lost
        /// The body refuses the connection (a PTP/IP pairing, another host).
        case refused
        /// Another program holds the body.
        case held
        /// The device may not be opened by this user.
        case permission
        /// libgphoto2 has no driver for it.
        case unsupported
        /// The driver failed in another way.
        case driver
    }

    /// Which kind.
    public var reason: Reason
    /// What to tell a photographer.
    public var error: ErrorDescription

    /// A failure.
    public init(reason: Reason, error: FleetError) {
        self.reason = reason
        self.error = ErrorDescription(error)
    }
}
