import CGPhoto2

/// What a driver can do with a body: the operations of CameraAbilities.
public struct Abilities: Sendable, Hashable {
    /// The model in the driver's words.
    public let model: String
    /// Whether the driver is that of PTP (camlib ptp2).
    public let isPTP: Bool
    /// GP_OPERATION_CAPTURE_IMAGE
    public let canCapture: Bool
    /// GP_OPERATION_TRIGGER_CAPTURE
    public let canTrigger: Bool
    /// GP_OPERATION_CAPTURE_PREVIEW
    public let canPreview: Bool
    /// GP_OPERATION_CONFIG
    public let canConfigure: Bool
    /// GP_FILE_OPERATION_DELETE
    public let canDelete: Bool
    /// GP_FILE_OPERATION_PREVIEW
    public let hasThumbnails: Bool
    /// GP_FOLDER_OPERATION_PUT_FILE
    public let canUpload: Bool
    /// What the driver's authors think of it: `production`, `testing`, `experimental` or `deprecated`.
    public let status: String
    /// CameraOperation, in libgphoto2's words.
    public let operations: [String]
    /// CameraFileOperation, in libgphoto2's words.
    public let fileOperations: [String]
    /// CameraFolderOperation, in libgphoto2's words.
    public let folderOperations: [String]

    init(_ abilities: CameraAbilities) {
        model = text(abilities.model)
        isPTP = text(abilities.library).contains("ptp2")
        let operations = abilities.operations.rawValue
        canCapture = operations & GP_OPERATION_CAPTURE_IMAGE.rawValue != 0
        canTrigger = operations & GP_OPERATION_TRIGGER_CAPTURE.rawValue != 0
        canPreview = operations & GP_OPERATION_CAPTURE_PREVIEW.rawValue != 0
        canConfigure = operations & GP_OPERATION_CONFIG.rawValue != 0
        canDelete = abilities.file_operations.rawValue & GP_FILE_OPERATION_DELETE.rawValue != 0
        hasThumbnails = abilities.file_operations.rawValue & GP_FILE_OPERATION_PREVIEW.rawValue != 0
        canUpload = abilities.folder_operations.rawValue & GP_FOLDER_OPERATION_PUT_FILE.rawValue != 0
        switch abilities.status {
        case GP_DRIVER_STATUS_PRODUCTION: status = "production"
        case GP_DRIVER_STATUS_TESTING: status = "testing"
        case GP_DRIVER_STATUS_EXPERIMENTAL: status = "experimental"
        default: status = "deprecated"
        }
        self.operations = Self.words(
            operations,
            [
                (GP_OPERATION_CAPTURE_IMAGE.rawValue, "image_capture"),
                (GP_OPERATION_CAPTURE_VIDEO.rawValue, "video_capture"),
                (GP_OPERATION_CAPTURE_AUDIO.rawValue, "audio_capture"),
                (GP_OPERATION_CAPTURE_PREVIEW.rawValue, "preview"), (GP_OPERATION_CONFIG.rawValue, "config"),
                (GP_OPERATION_TRIGGER_CAPTURE.rawValue, "trigger_capture"),
            ])
        fileOperations = Self.words(
            abilities.file_operations.rawValue,
            [
                (GP_FILE_OPERATION_DELETE.rawValue, "delete"), (GP_FILE_OPERATION_PREVIEW.rawValue, "preview"),
                (GP_FILE_OPERATION_RAW.rawValue, "raw"), (GP_FILE_OPERATION_AUDIO.rawValue, "audio"),
                (GP_FILE_OPERATION_EXIF.rawValue, "exif"),
            ])
        folderOperations = Self.words(
            abilities.folder_operations.rawValue,
            [
                (GP_FOLDER_OPERATION_DELETE_ALL.rawValue, "delete_all"),
                (GP_FOLDER_OPERATION_PUT_FILE.rawValue, "put_file"),
                (GP_FOLDER_OPERATION_MAKE_DIR.rawValue, "make_dir"),
                (GP_FOLDER_OPERATION_REMOVE_DIR.rawValue, "remove_dir"),
            ])
    }

    private static func words(_ flags: UInt32, _ names: [(UInt32, String)]) -> [String] {
        names.filter { flags & $0.0 != 0 }.map(\.1)
    }
}
