public import FleetModel

/// What CONNECTION_OK says.
public struct ConnectionGreeting: Codable, Sendable {
    /// Who serves, with its version.
    public var server: String
    /// The version of the protocol.
    public var `protocol`: Int
    /// `none` or `token`.
    public var authentication: String
    /// The port of live view.
    public var liveViewPort: Int
    /// The port of downloads.
    public var downloadPort: Int
    /// Nanoseconds since 1970.
    public var time: Int64

    /// What a client needs to know first.
    public init(
        server: String, protocol version: Int, authentication: String, liveViewPort: Int, downloadPort: Int,
        time: Int64
    ) {
        self.server = server
        self.protocol = version
        self.authentication = authentication
        self.liveViewPort = liveViewPort
        self.downloadPort = downloadPort
        self.time = time
    }

    enum CodingKeys: String, CodingKey {
        case server, `protocol`, authentication, liveViewPort = "live_view_port", downloadPort = "download_port", time
    }
}

/// Result of CHECK_CONNECTION_TO_CAMERA without a session.
public struct FleetCheck: Codable, Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// How many bodies are listed.
    public var cameras: Int

    /// A time and a count.
    public init(time: Int64, cameras: Int) {
        self.time = time
        self.cameras = cameras
    }
}

/// What a client may do (protocol.md, section 7).
public enum Role: String, Codable, Sendable {
    case viewer, `operator`, admin
}

/// Result of AUTHENTICATE.
public struct RoleResult: Codable, Sendable {
    /// What the client may do.
    public var role: Role

    /// A role.
    public init(role: Role) { self.role = role }
}

/// Result of GET_CAMERAS_LIST.
public struct CameraList: Codable, Sendable {
    /// In order of camera_number.
    public var cameras: [CameraInfo]

    /// Bodies in order.
    public init(cameras: [CameraInfo]) { self.cameras = cameras }
}

/// Result of INIT_CAMERA_MODEL.
public struct OpenedSession: Codable, Sendable {
    /// The session.
    public var sessionID: UInt32
    /// Its body.
    public var camera: CameraInfo

    /// A session of a body.
    public init(sessionID: UInt32, camera: CameraInfo) {
        self.sessionID = sessionID
        self.camera = camera
    }

    enum CodingKeys: String, CodingKey { case sessionID = "session_ID", camera }
}

/// Result of CAPTURE_IMAGE.
public struct CapturedImages: Codable, Sendable {
    /// What the release brought.
    public var images: [CapturedImage]

    /// Images of one release.
    public init(images: [CapturedImage]) { self.images = images }
}

/// Result of DOWNLOAD_IMAGE.
public struct DownloadTicket: Codable, Sendable {
    /// The authorisation on port 6666.
    public var ticket: String
    /// The size of the whole file in bytes.
    public var size: Int64
    /// Its media type.
    public var mime: String
    /// The port to go to.
    public var port: Int

    /// A ticket for a file.
    public init(ticket: String, size: Int64, mime: String, port: Int) {
        self.ticket = ticket
        self.size = size
        self.mime = mime
        self.port = port
    }
}

/// Result of START_LIVE_VIEW.
public struct LiveViewTicket: Codable, Sendable {
    /// The authorisation on port 4444.
    public var ticket: String
    /// The port to go to.
    public var port: Int

    /// A ticket for a stream.
    public init(ticket: String, port: Int) {
        self.ticket = ticket
        self.port = port
    }
}

/// Result of STOP_LIVE_VIEW.
public struct FramesSent: Codable, Sendable {
    /// How many frames were sent on the streams that ended.
    public var frames: Int

    /// A count.
    public init(frames: Int) { self.frames = frames }
}

/// Result of LIST_WIDGETS.
public struct WidgetList: Codable, Sendable {
    /// In the tree's order.
    public var widgets: [Widget]

    /// Widgets in order.
    public init(widgets: [Widget]) { self.widgets = widgets }
}

/// Result of LIST_FILES.
public struct FileList: Codable, Sendable {
    /// One page of files.
    public var files: [FileEntry]
    /// Whole paths of the folders found.
    public var folders: [String]
    /// Whether more files follow.
    public var more: Bool

    /// A page.
    public init(files: [FileEntry], folders: [String], more: Bool) {
        self.files = files
        self.folders = folders
        self.more = more
    }
}

/// The second response of a download.
public struct TransferResult: Codable, Sendable {
    /// The size of the whole file in bytes.
    public var size: Int64
    /// The SHA-256 of the whole file in hexadecimal, where the server read all of it.
    public var sha256: String?

    /// What was transferred.
    public init(size: Int64, sha256: String? = nil) {
        self.size = size
        self.sha256 = sha256
    }
}

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
