public import FleetModel

/// Arguments of AUTHENTICATE.
public struct AuthenticateArguments: Codable, Sendable {
    /// The secret.
    public var token: String

    /// A token.
    public init(token: String) { self.token = token }
}

/// Arguments of INIT_CAMERA_MODEL.
public struct CameraArguments: Codable, Sendable {
    /// Which body.
    public var camera: CameraReference

    /// A body.
    public init(camera: CameraReference) { self.camera = camera }
}

/// Arguments of SUBSCRIBE_EVENTS.
public struct SubscribeEventsArguments: Codable, Sendable {
    /// Names of events; all when nil.
    public var events: [String]?

    /// Names of events.
    public init(events: [String]? = nil) { self.events = events }

    /// Reads the arguments; null is no list.
    public init(from decoder: any Decoder) throws {
        events = try decoder.container(keyedBy: CodingKeys.self).optional(.events)
    }
}

/// Arguments of SET_CAMERA_NAME: what is nil stays.
public struct SetCameraNameArguments: Codable, Sendable {
    /// Which body.
    public var camera: CameraReference
    /// Its new name.
    public var name: String?
    /// Its new number.
    public var cameraNumber: Int?
    /// Its new groups.
    public var groups: [String]?
    /// By how much later than a shot's time it is released from now on, in nanoseconds.
    public var releaseOffset: Int64?

    /// What to change of a body.
    public init(
        camera: CameraReference, name: String? = nil, cameraNumber: Int? = nil, groups: [String]? = nil,
        releaseOffset: Int64? = nil
    ) {
        self.camera = camera
        self.name = name
        self.cameraNumber = cameraNumber
        self.groups = groups
        self.releaseOffset = releaseOffset
    }

    enum CodingKeys: String, CodingKey {
        case camera, name, cameraNumber = "camera_number", groups, releaseOffset = "offset_ns"
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        camera = try container.decode(CameraReference.self, forKey: .camera)
        name = try container.optional(.name)
        cameraNumber = try container.optional(.cameraNumber)
        groups = try container.optional(.groups)
        releaseOffset = try container.optional(.releaseOffset)
    }
}

/// Arguments of REPLACE_CAMERA.
public struct ReplaceCameraArguments: Codable, Sendable {
    /// The body that goes.
    public var camera: CameraReference
    /// The body that takes its place.
    public var by: CameraReference

    /// A body, and the one that takes its place.
    public init(camera: CameraReference, by: CameraReference) {
        self.camera = camera
        self.by = by
    }
}

/// Arguments of SET_CAMERA_NUMBERS.
public struct SetCameraNumbersArguments: Codable, Sendable {
    /// The new camera_number of each body: by id, else name, else number in decimal.
    public var numbers: [String: Int]

    /// New numbers.
    public init(numbers: [String: Int]) { self.numbers = numbers }
}

/// Arguments of CAPTURE_IMAGE.
public struct CaptureImageArguments: Codable, Sendable {
    /// How long to expose, in seconds, with the body in bulb mode.
    public var bulbSeconds: Double?
    /// Whether to save the images on the server.
    public var download: Bool?
    /// How long to wait for the images, in seconds.
    public var timeLimitSeconds: Double?

    /// How to take a picture.
    public init(bulbSeconds: Double? = nil, download: Bool? = nil, timeLimitSeconds: Double? = nil) {
        self.bulbSeconds = bulbSeconds
        self.download = download
        self.timeLimitSeconds = timeLimitSeconds
    }

    enum CodingKeys: String, CodingKey {
        case bulbSeconds = "bulb_seconds", download, timeLimitSeconds = "time_limit_seconds"
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        bulbSeconds = try container.optional(.bulbSeconds)
        download = try container.optional(.download)
        timeLimitSeconds = try container.optional(.timeLimitSeconds)
    }
}

/// Arguments of DOWNLOAD_IMAGE, and of the link's DESCRIBE_OBJECT, which has no offset.
public struct ObjectArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Which of the object's files.
    public var type: ObjectFileType
    /// Where to start, in bytes.
    public var offset: Int64?

    /// An object's file.
    public init(folder: String, name: String, type: ObjectFileType = .normal, offset: Int64? = nil) {
        self.folder = folder
        self.name = name
        self.type = type
        self.offset = offset
    }

    /// Reads the arguments: the folder is `/` unless given, the type normal.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        folder = try container.folder(.folder)
        name = try container.driverText(.name)
        type = try container.optional(.type) ?? .normal
        offset = try container.optional(.offset)
    }
}

/// Arguments of START_LIVE_VIEW.
public struct StartLiveViewArguments: Codable, Sendable {
    /// The most frames a second of the stream; as many as the body gives when nil.
    public var maximumFramesPerSecond: Double?

    /// A limit.
    public init(maximumFramesPerSecond: Double? = nil) { self.maximumFramesPerSecond = maximumFramesPerSecond }

    enum CodingKeys: String, CodingKey { case maximumFramesPerSecond = "max_fps" }

    /// Reads the arguments; null is no number.
    public init(from decoder: any Decoder) throws {
        maximumFramesPerSecond = try decoder.container(keyedBy: CodingKeys.self).optional(.maximumFramesPerSecond)
    }
}

/// Arguments of GET_WIDGET_CURRENT_VAL and GET_WIDGET_POSSIBLE_VALS.
public struct WidgetArguments: Codable, Sendable {
    /// A name or a path.
    public var widgetID: String

    /// A widget.
    public init(widgetID: String) { self.widgetID = widgetID }

    enum CodingKeys: String, CodingKey { case widgetID = "widget_id" }

    /// Reads the arguments.
    public init(from decoder: any Decoder) throws {
        widgetID = try decoder.container(keyedBy: CodingKeys.self).driverText(.widgetID)
    }
}

/// Arguments of SET_WIDGET_NEW_VAL.
public struct SetWidgetArguments: Codable, Sendable {
    /// A name or a path.
    public var widgetID: String
    /// The value to set.
    public var value: WidgetValue
    /// Whether a value that is not among the choices is set too.
    public var force: Bool?

    /// A widget and its value.
    public init(widgetID: String, value: WidgetValue, force: Bool? = nil) {
        self.widgetID = widgetID
        self.value = value
        self.force = force
    }

    enum CodingKeys: String, CodingKey { case widgetID = "widget_id", value = "widget_value", force }

    /// Reads the arguments; the value must be there, and may be null.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        widgetID = try container.driverText(.widgetID)
        guard container.contains(.value) else {
            throw DecodingError.keyNotFound(
                CodingKeys.value, .init(codingPath: container.codingPath, debugDescription: "missing"))
        }
        value = try container.decode(WidgetValue.self, forKey: .value)
        if case .text = value { _ = try container.driverText(.value) }
        force = try container.optional(.force)
    }
}

/// Arguments of LIST_WIDGETS.
public struct ListWidgetsArguments: Codable, Sendable {
    /// Whether the values, choices and ranges are wanted too.
    public var values: Bool?

    /// Paths alone, or with values.
    public init(values: Bool? = nil) { self.values = values }

    /// Reads the arguments; null is no boolean.
    public init(from decoder: any Decoder) throws {
        values = try decoder.container(keyedBy: CodingKeys.self).optional(.values)
    }
}

/// Arguments of LIST_FILES.
public struct ListFilesArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// Whether the folders in it are listed too.
    public var recurse: Bool?
    /// The most files of one answer.
    public var limit: Int?
    /// The last file of the answer before.
    public var after: ObjectPath?

    /// A page of a folder.
    public init(folder: String = "/", recurse: Bool? = nil, limit: Int? = nil, after: ObjectPath? = nil) {
        self.folder = folder
        self.recurse = recurse
        self.limit = limit
        self.after = after
    }

    /// Reads the arguments: the folder is `/` unless given.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        folder = try container.folder(.folder)
        recurse = try container.optional(.recurse)
        limit = try container.optional(.limit)
        after = try container.optional(.after)
    }
}

/// Arguments of the commands that open a stream on port 4444 or 6666.
public struct TicketArguments: Codable, Sendable {
    /// The ticket that port 5555 gave.
    public var ticket: String
    /// Where a download goes on, in bytes.
    public var offset: Int64?

    /// A ticket, and where to go on.
    public init(ticket: String, offset: Int64? = nil) {
        self.ticket = ticket
        self.offset = offset
    }

    /// Reads the arguments; null is no offset.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        ticket = try container.decode(String.self, forKey: .ticket)
        offset = try container.optional(.offset)
    }
}

/// No arguments, or an empty result.
public struct Nothing: Codable, Sendable {
    /// Nothing.
    public init() {}
}

extension KeyedDecodingContainer {
    /// A value that may be left out but, when it is there, has the type (null is another type).
    func optional<Value: Decodable>(_ key: Key) throws -> Value? {
        contains(key) ? try decode(Value.self, forKey: key) : nil
    }

    /// A text that goes to C as it is: drivers would take one with a NUL for its beginning, which names something else.
    func driverText(_ key: Key) throws -> String {
        let text = try decode(String.self, forKey: key)
        guard !text.utf8.contains(0) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "There is a NUL in it.")
        }
        return text
    }

    /// A folder on a body: `/` unless given.
    func folder(_ key: Key) throws -> String {
        contains(key) ? try driverText(key) : "/"
    }
}
