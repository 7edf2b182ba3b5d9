public import FleetModel

/// Arguments of LIST_IMAGES and VERIFY_IMAGES.
public struct ImagesArguments: Codable, Sendable {
    /// The most images of one answer; 1,000 when nil, and at most.
    public var limit: Int?
    /// The last image of the answer before.
    public var before: Int64?
    /// Only those of this body.
    public var camera: CameraReference?
    /// Only those of this shot.
    public var shot: Int64?
    /// Only those of this project.
    public var project: String?
    /// Only those that their bodies told of at this time or later, in nanoseconds since 1970.
    public var since: Int64?
    /// Only those that their bodies told of before this time, in nanoseconds since 1970.
    public var until: Int64?

    /// A page of images.
    public init(
        limit: Int? = nil, before: Int64? = nil, camera: CameraReference? = nil, shot: Int64? = nil,
        project: String? = nil, since: Int64? = nil, until: Int64? = nil
    ) {
        self.limit = limit
        self.before = before
        self.camera = camera
        self.shot = shot
        self.project = project
        self.since = since
        self.until = until
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        limit = try container.optional(.limit)
        before = try container.optional(.before)
        camera = try container.optional(.camera)
        shot = try container.optional(.shot)
        project = try container.optional(.project)
        since = try container.optional(.since)
        until = try container.optional(.until)
    }
}

/// Result of LIST_IMAGES.
public struct ImageList: Codable, Sendable {
    /// Newest first.
    public var images: [SavedImage]

    /// Images in order.
    public init(images: [SavedImage]) { self.images = images }
}

/// Whether a saved image is what it was when it was saved.
public enum ImageCondition: String, Sendable, Codable {
    /// Size and SHA-256 are the same.
    case intact
    /// Its content is another.
    case changed
    /// There is no such file, or it cannot be read.
    case missing
}

/// An image that was read back.
public struct VerifiedImage: Codable, Sendable, Hashable {
    /// Names the image.
    public var number: Int64
    /// Where it is, relative to the data folder.
    public var savedAs: String
    /// What it is now.
    public var condition: ImageCondition
    /// What its second copy is now; nil where none was made.
    public var secondCopy: ImageCondition?

    /// An image and what it is.
    public init(number: Int64, savedAs: String, condition: ImageCondition, secondCopy: ImageCondition? = nil) {
        self.number = number
        self.savedAs = savedAs
        self.condition = condition
        self.secondCopy = secondCopy
    }

    /// Whether every copy is as it was saved.
    public var isIntact: Bool { condition == .intact && secondCopy ?? .intact == .intact }

    enum CodingKeys: String, CodingKey {
        case number = "image", savedAs = "saved_as", condition, secondCopy = "second_copy"
    }
}

/// Result of VERIFY_IMAGES.
public struct VerifiedImages: Codable, Sendable {
    /// Newest first.
    public var images: [VerifiedImage]

    /// Images in order.
    public init(images: [VerifiedImage]) { self.images = images }
}

/// What FETCH_IMAGES did with one body.
public struct FetchedCamera: Codable, Sendable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// How many images were saved now.
    public var fetched: Int
    /// How many on its card were saved before.
    public var known: Int
    /// How many could not be saved.
    public var failed: Int
    /// Why, of the first of them, or why its card was not read.
    public var error: ErrorDescription?

    /// A body.
    public init(id: BodyID, fetched: Int = 0, known: Int = 0, failed: Int = 0, error: ErrorDescription? = nil) {
        self.id = id
        self.fetched = fetched
        self.known = known
        self.failed = failed
        self.error = error
    }
}

/// Result of FETCH_IMAGES.
public struct FetchedImages: Codable, Sendable {
    /// The bodies, in order of camera_number.
    public var cameras: [FetchedCamera]

    /// What was fetched.
    public init(cameras: [FetchedCamera]) { self.cameras = cameras }
}

/// Result of GET_DISK: the room for images on the server's disk, in bytes.
public struct DiskRoom: Codable, Sendable, Hashable {
    /// What may still be written.
    public var free: Int64
    /// What the whole disk holds.
    public var capacity: Int64
    /// How much stays free: with less, releases are refused whose images are to be saved.
    public var reserve: Int64
    /// How many frames of every ready body fit beside the reserve; nil while none of them has an image saved.
    public var frames: Int64?

    /// So much room.
    public init(free: Int64, capacity: Int64, reserve: Int64, frames: Int64?) {
        self.free = free
        self.capacity = capacity
        self.reserve = reserve
        self.frames = frames
    }

    /// Writes it; what is not known is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(free, forKey: .free)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(reserve, forKey: .reserve)
        try container.encode(frames, forKey: .frames)
    }

    enum CodingKeys: String, CodingKey { case free, capacity, reserve, frames }
}
