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
    /// When the request to release left for the body, in nanoseconds since 1970.
    public var releasedAt: Int64?

    /// Images of one release.
    public init(images: [CapturedImage], releasedAt: Int64? = nil) {
        self.images = images
        self.releasedAt = releasedAt
    }

    enum CodingKeys: String, CodingKey { case images, releasedAt = "released_at" }
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

/// Result of GET_THUMBNAIL.
public struct ThumbnailResult: Codable, Sendable {
    /// Its media type.
    public var mime: String
    /// In bytes.
    public var size: Int64

    /// What the data packets before it were.
    public init(mime: String, size: Int64) {
        self.mime = mime
        self.size = size
    }
}

/// Result of UPLOAD_FILE.
public struct UploadTicket: Codable, Sendable {
    /// The authorisation on port 6666.
    public var ticket: String
    /// The port to go to.
    public var port: Int

    /// A ticket for a file that comes.
    public init(ticket: String, port: Int) {
        self.ticket = ticket
        self.port = port
    }
}

/// The first response of an upload.
public struct UploadStart: Codable, Sendable {
    /// How many bytes of the file the server holds already.
    public var offset: Int64

    /// Where to go on.
    public init(offset: Int64) { self.offset = offset }
}

/// Result of GET_STORAGE_INFO.
public struct StorageList: Codable, Sendable {
    /// In the driver's order.
    public var storages: [StorageInfo]

    /// Storages.
    public init(storages: [StorageInfo]) { self.storages = storages }
}

/// Result of TRIGGER_CAPTURE.
public struct ReleaseTime: Codable, Sendable {
    /// When the release was sent to the body, in nanoseconds since 1970.
    public var releasedAt: Int64

    /// A time.
    public init(releasedAt: Int64) { self.releasedAt = releasedAt }

    enum CodingKeys: String, CodingKey { case releasedAt = "released_at" }
}

/// Result of GET_CAMERA_SUMMARY.
public struct BodySummaryText: Codable, Sendable {
    /// What the driver tells of the body, for a person.
    public var summary: String
    /// What the driver tells of how to use it; may be empty.
    public var manual: String
    /// Who made the driver; may be empty.
    public var about: String
    /// What the driver says that it can do.
    public var abilities: BodyAbilities

    /// A summary.
    public init(summary: String, manual: String, about: String, abilities: BodyAbilities) {
        self.summary = summary
        self.manual = manual
        self.about = about
        self.abilities = abilities
    }
}

/// Result of LOCK_CAMERA.
public struct LockEnd: Codable, Sendable {
    /// When the lock ends by itself, in nanoseconds since 1970.
    public var until: Int64

    /// A time.
    public init(until: Int64) { self.until = until }
}

/// Result of START_SEQUENCE.
public struct StartedSequence: Codable, Sendable {
    /// Names it.
    public var sequence: UInt64

    /// A sequence.
    public init(sequence: UInt64) { self.sequence = sequence }
}

/// Result of STOP_SEQUENCE.
public struct TakenResult: Codable, Sendable {
    /// How many releases brought their images.
    public var taken: Int

    /// A count.
    public init(taken: Int) { self.taken = taken }
}

/// Result of GET_DRIVER_LOG: what the body's driver did last, for a bug report. No pictures: of each transfer the first
/// bytes alone.
public struct DriverLog: Codable, Sendable {
    /// The last transfers between driver and body, oldest first.
    public var transfers: [DriverTransfer]
    /// The last complaints of the driver, oldest first.
    public var messages: [DriverMessage]

    /// A log.
    public init(transfers: [DriverTransfer], messages: [DriverMessage]) {
        self.transfers = transfers
        self.messages = messages
    }
}

/// One transfer between a driver and its body.
public struct DriverTransfer: Codable, Sendable {
    /// Nanoseconds since 1970: just before a write, just after a read.
    public var time: Int64
    /// Whether it came from the body.
    public var received: Bool
    /// Of the whole transfer, in bytes.
    public var size: Int
    /// The first bytes in hexadecimal.
    public var bytes: String

    /// A transfer.
    public init(time: Int64, received: Bool, size: Int, bytes: String) {
        self.time = time
        self.received = received
        self.size = size
        self.bytes = bytes
    }
}

/// Something that a driver complained of.
public struct DriverMessage: Codable, Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// What it said.
    public var text: String

    /// A complaint.
    public init(time: Int64, text: String) {
        self.time = time
        self.text = text
    }
}
