/// What a driver says that it can do with a body (libgphoto2's CameraAbilities), in libgphoto2's words in lower case. For
/// people: `CameraInfo.can` says what can be used.
public struct BodyAbilities: Sendable, Codable, Hashable {
    /// The model that the driver took the body for.
    public var model: String
    /// How much the driver's authors trust it: `production`, `testing`, `experimental` or `deprecated`.
    public var status: String
    /// `image_capture`, `video_capture`, `audio_capture`, `preview`, `config`, `trigger_capture`.
    public var operations: [String]
    /// `delete`, `preview`, `raw`, `audio`, `exif`.
    public var fileOperations: [String]
    /// `delete_all`, `put_file`, `make_dir`, `remove_dir`.
    public var folderOperations: [String]

    /// Abilities.
    public init(
        model: String, status: String, operations: [String], fileOperations: [String], folderOperations: [String]
    ) {
        self.model = model
        self.status = status
        self.operations = operations
        self.fileOperations = fileOperations
        self.folderOperations = folderOperations
    }

    enum CodingKeys: String, CodingKey {
        case model, status, operations, fileOperations = "file_operations", folderOperations = "folder_operations"
    }
}
