public import FleetModel

/// What object_added says.
public struct ObjectAdded: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Its size in bytes.
    public var size: Int64

    /// An object of a body.
    public init(camera: BodyID, folder: String, name: String, size: Int64) {
        self.camera = camera
        self.folder = folder
        self.name = name
        self.size = size
    }
}

/// What object_removed says.
public struct ObjectRemoved: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String

    /// An object that is no more.
    public init(camera: BodyID, folder: String, name: String) {
        self.camera = camera
        self.folder = folder
        self.name = name
    }
}

/// What sequence_progress says.
public struct SequenceProgress: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID
    /// Which sequence.
    public var sequence: UInt64
    /// How many releases brought their images.
    public var taken: Int
    /// How many there shall be.
    public var count: Int
    /// Why the last try brought none.
    public var error: ErrorDescription?
    /// True in the last one: the sequence is done, was stopped, or was given up.
    public var ended: Bool?

    /// How far a sequence is.
    public init(
        camera: BodyID, sequence: UInt64, taken: Int, count: Int, error: ErrorDescription? = nil, ended: Bool? = nil
    ) {
        self.camera = camera
        self.sequence = sequence
        self.taken = taken
        self.count = count
        self.error = error
        self.ended = ended
    }
}

/// What group_sequence_progress says.
public struct GroupSequenceProgress: Codable, Sendable {
    /// Which sequence.
    public var sequence: UInt64
    /// How many of its shots brought images.
    public var taken: Int
    /// How many there shall be.
    public var count: Int
    /// The shot; nil where none was begun.
    public var shot: Int64?
    /// Why the last try brought nothing.
    public var error: ErrorDescription?
    /// True in the last one: the sequence is done, was stopped, or was given up.
    public var ended: Bool?

    /// How far a sequence is.
    public init(
        sequence: UInt64, taken: Int, count: Int, shot: Int64?, error: ErrorDescription? = nil, ended: Bool? = nil
    ) {
        self.sequence = sequence
        self.taken = taken
        self.count = count
        self.shot = shot
        self.error = error
        self.ended = ended
    }
}

/// What image_saved says.
public struct ImageSaved: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Where it is, relative to the data folder.
    public var savedAs: String
    /// Its size in bytes.
    public var size: Int64
    /// The SHA-256 of the whole file in hexadecimal.
    public var sha256: String
    /// The shot that it is of.
    public var shot: Int64?

    /// A saved image.
    public init(_ image: SavedImage) {
        camera = image.camera
        folder = image.folder
        name = image.name
        savedAs = image.savedAs
        size = image.size
        sha256 = image.sha256
        shot = image.shot
    }

    enum CodingKeys: String, CodingKey { case camera, folder, name, savedAs = "saved_as", size, sha256, shot }
}

/// What capture_complete says.
public struct CaptureComplete: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID

    /// A body.
    public init(camera: BodyID) { self.camera = camera }
}

/// What widget_changed says.
public struct WidgetChanged: Codable, Sendable {
    /// The body's id.
    public var camera: BodyID
    /// The widget's name.
    public var widgetID: String
    /// Its new value, where it is known.
    public var value: WidgetValue?

    /// A widget of a body.
    public init(camera: BodyID, widgetID: String, value: WidgetValue?) {
        self.camera = camera
        self.widgetID = widgetID
        self.value = value
    }

    enum CodingKeys: String, CodingKey { case camera, widgetID = "widget_id", value = "widget_value" }
}

/// What events_lost says.
public struct EventsLost: Codable, Sendable {
    /// How many events this client did not get.
    public var count: Int

    /// A count.
    public init(count: Int) { self.count = count }
}
