/// What a body is doing (protocol.md, CAMERA_INFO).
public enum BodyState: String, Sendable, Codable {
    /// Its driver is opening it.
    case connecting
    /// It takes commands.
    case ready
    /// It releases or exposes.
    case busy
    /// It is not there.
    case unplugged
    /// It is there and cannot be used; `CameraInfo.error` says why.
    case fault
}

/// What a body's driver can do with it (protocol.md, CAMERA_INFO `can`).
public enum Capability: String, Sendable, Codable, CaseIterable {
    /// Takes a picture and waits for it.
    case capture
    /// Releases without waiting.
    case trigger
    /// Gives live view frames.
    case preview
    /// Has widgets.
    case config
    /// Exposes for as long as it is told.
    case bulb
    /// Deletes objects on its card.
    case delete
    /// Takes files onto its card.
    case upload
    /// Gives thumbnails.
    case thumbnail
    /// Can be prepared for a release.
    case arm
}

/// A body as every client sees it: CAMERA_INFO of protocol.md, section 3.
public struct CameraInfo: Sendable, Codable, Equatable {
    /// Names the body for good, unless `provisional`.
    public var id: BodyID
    /// True until the body has been opened once.
    public var provisional: Bool?
    /// Its number in the rig: 1, 2, …, unique in the fleet.
    public var cameraNumber: Int
    /// Its name, unique in the fleet; `camera-N` until it was given one.
    public var name: String
    /// The model in the words of the body, or of its driver before it was opened.
    public var model: String
    /// The maker; empty before the body was opened.
    public var manufacturer: String
    /// The body's own serial number.
    public var serial: String?
    /// Where it is reached, in libgphoto2's words.
    public var port: String
    /// What it is doing.
    public var state: BodyState
    /// Why it is in fault.
    public var error: ErrorDescription?
    /// The groups that it belongs to, sorted.
    public var groups: [String]
    /// By how much later than a shot's time it is released, in nanoseconds, where the shot does not say otherwise; nil for
    /// not at all.
    public var releaseOffset: Int64?
    /// Charge in percent.
    public var battery: Int?
    /// The session that holds its lock.
    public var lockedBy: UInt32?
    /// How many sessions are open on it, of all connections.
    public var sessions: Int
    /// Whether anybody watches its live view.
    public var liveView: Bool
    /// What can be done with it.
    public var can: [Capability]

    /// All fields.
    public init(
        id: BodyID, provisional: Bool? = nil, cameraNumber: Int, name: String, model: String,
        manufacturer: String = "", serial: String? = nil, port: String, state: BodyState,
        error: ErrorDescription? = nil, groups: [String] = [], releaseOffset: Int64? = nil, battery: Int? = nil,
        lockedBy: UInt32? = nil,
        sessions: Int = 0, liveView: Bool = false, can: [Capability] = []
    ) {
        self.id = id
        self.provisional = provisional
        self.cameraNumber = cameraNumber
        self.name = name
        self.model = model
        self.manufacturer = manufacturer
        self.serial = serial
        self.port = port
        self.state = state
        self.error = error
        self.groups = groups
        self.releaseOffset = releaseOffset
        self.battery = battery
        self.lockedBy = lockedBy
        self.sessions = sessions
        self.liveView = liveView
        self.can = can
    }

    enum CodingKeys: String, CodingKey {
        case id, provisional, cameraNumber = "camera_number", name, model, manufacturer, serial, port, state, error
        case groups, releaseOffset = "offset_ns", battery, lockedBy = "locked_by", sessions, liveView = "live_view", can
    }
}

/// How a client names a body: by number, by id or by name (protocol.md, section 3, `CAMERA`).
public enum CameraReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// A camera_number.
    case number(Int)
    /// An id or else a name.
    case named(String)

    /// Reads a JSON number or string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .named(try container.decode(String.self))
        }
    }

    /// Writes a JSON number or string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .named(let name): try container.encode(name)
        }
    }

    /// The reference as a person writes it.
    public var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .named(let name): name
        }
    }
}
