/// An image that is safe on the server's disk.
public struct SavedImage: Sendable, Codable, Hashable {
    /// Names it in the database: 1, 2, ….
    public var number: Int64
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
    /// When the body told of it, in nanoseconds since 1970.
    public var time: Int64
    /// The shot that it is of.
    public var shot: Int64?
    /// The project that it is of.
    public var project: String?
    /// Whether it has its second copy; nil where it is to have none.
    public var hasSecondCopy: Bool?

    /// All fields.
    public init(
        number: Int64, camera: BodyID, folder: String, name: String, savedAs: String, size: Int64, sha256: String,
        time: Int64, shot: Int64?, project: String? = nil, hasSecondCopy: Bool? = nil
    ) {
        self.number = number
        self.camera = camera
        self.folder = folder
        self.name = name
        self.savedAs = savedAs
        self.size = size
        self.sha256 = sha256
        self.time = time
        self.shot = shot
        self.project = project
        self.hasSecondCopy = hasSecondCopy
    }

    enum CodingKeys: String, CodingKey {
        case number = "image", camera, folder, name, savedAs = "saved_as", size, sha256, time, shot, project
        case hasSecondCopy = "second_copy"
    }
}
