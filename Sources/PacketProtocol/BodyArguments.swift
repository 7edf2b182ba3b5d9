/// Arguments of GET_THUMBNAIL, DELETE_IMAGE, and of the link's CHECK_UPLOAD: an object, or where one shall be.
public struct PathArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String

    /// An object's place.
    public init(folder: String, name: String) {
        self.folder = folder
        self.name = name
    }

    /// Reads the arguments: the folder is `/` unless given.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        folder = try container.folder(.folder)
        name = try container.driverText(.name)
    }
}

/// Arguments of UPLOAD_FILE.
public struct UploadArguments: Codable, Sendable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// In bytes.
    public var size: Int64

    /// A file that shall be on the body.
    public init(folder: String, name: String, size: Int64) {
        self.folder = folder
        self.name = name
        self.size = size
    }

    /// Reads the arguments: the folder is `/` unless given.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        folder = try container.folder(.folder)
        name = try container.driverText(.name)
        size = try container.decode(Int64.self, forKey: .size)
    }
}

/// Arguments of LOCK_CAMERA.
public struct LockArguments: Codable, Sendable {
    /// How long the lock lasts; a minute when nil.
    public var seconds: Double?

    /// A lock's length.
    public init(seconds: Double? = nil) { self.seconds = seconds }

    /// Reads the arguments; null is no number.
    public init(from decoder: any Decoder) throws {
        seconds = try decoder.container(keyedBy: CodingKeys.self).optional(.seconds)
    }
}

/// Arguments of START_SEQUENCE.
public struct StartSequenceArguments: Codable, Sendable {
    /// How many releases.
    public var count: Int
    /// From one release to the next, in seconds.
    public var intervalSeconds: Double
    /// How long each exposes, in seconds, with the body in bulb mode.
    public var bulbSeconds: Double?
    /// Whether to save the images on the server.
    public var download: Bool?

    /// A sequence of releases.
    public init(count: Int, intervalSeconds: Double, bulbSeconds: Double? = nil, download: Bool? = nil) {
        self.count = count
        self.intervalSeconds = intervalSeconds
        self.bulbSeconds = bulbSeconds
        self.download = download
    }

    enum CodingKeys: String, CodingKey {
        case count, intervalSeconds = "interval_seconds", bulbSeconds = "bulb_seconds", download
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        count = try container.decode(Int.self, forKey: .count)
        intervalSeconds = try container.decode(Double.self, forKey: .intervalSeconds)
        bulbSeconds = try container.optional(.bulbSeconds)
        download = try container.optional(.download)
    }
}

/// Arguments of STOP_SEQUENCE and STOP_GROUP_SEQUENCE.
public struct SequenceArguments: Codable, Sendable {
    /// What began it gave this.
    public var sequence: UInt64

    /// A sequence.
    public init(sequence: UInt64) { self.sequence = sequence }
}

/// Arguments of CANCEL.
public struct CancelArguments: Codable, Sendable {
    /// The transaction to stop.
    public var transactionID: UInt32

    /// A transaction.
    public init(transactionID: UInt32) { self.transactionID = transactionID }

    enum CodingKeys: String, CodingKey { case transactionID = "transaction_ID" }
}
