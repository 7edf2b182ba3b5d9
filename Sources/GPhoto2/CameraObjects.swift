import CGPhoto2

/// Which of an object's files is meant (CameraFileType).
public enum CameraFileKind: Sendable {
    case preview, normal, raw, audio, exif, metadata

    var type: CameraFileType {
        switch self {
        case .preview: GP_FILE_TYPE_PREVIEW
        case .normal: GP_FILE_TYPE_NORMAL
        case .raw: GP_FILE_TYPE_RAW
        case .audio: GP_FILE_TYPE_AUDIO
        case .exif: GP_FILE_TYPE_EXIF
        case .metadata: GP_FILE_TYPE_METADATA
        }
    }

    /// Whether a camera's filesystem may keep the file that it filled, to copy from it later: thumbnails that it finds in
    /// EXIF, and EXIF that it finds in thumbnails (gp_filesystem_get_file).
    var isKept: Bool { self == .preview || self == .exif }
}

/// What a driver knows of an object (CameraFileInfo).
public struct ObjectInformation: Sendable, Hashable {
    /// In bytes; nil when the driver does not say.
    public let size: UInt64?
    /// The media type; nil when the driver does not say.
    public let mimeType: String?
    /// When it was written, in seconds since 1970; nil when the driver does not say.
    public let modified: Int?

    init(_ information: CameraFileInfo) {
        let fields = information.file.fields.rawValue
        size = fields & GP_FILE_INFO_SIZE.rawValue != 0 ? information.file.size : nil
        mimeType = fields & GP_FILE_INFO_TYPE.rawValue != 0 ? text(information.file.type) : nil
        modified = fields & GP_FILE_INFO_MTIME.rawValue != 0 ? information.file.mtime : nil
    }
}

extension Camera {
    /// The names of the files in a folder (gp_camera_folder_list_files).
    public func files(in folder: String) throws(GPhotoError) -> [String] {
        try list { gp_camera_folder_list_files(pointer, folder, $0, context.pointer) }
    }

    /// The names of the folders in a folder (gp_camera_folder_list_folders).
    public func folders(in folder: String) throws(GPhotoError) -> [String] {
        try list { gp_camera_folder_list_folders(pointer, folder, $0, context.pointer) }
    }

    private func list(_ fill: (OpaquePointer) -> Int32) throws(GPhotoError) -> [String] {
        var list: OpaquePointer?
        try check(gp_list_new(&list))
        guard let list else { throw GPhotoError(.noMemory) }
        defer { gp_list_free(list) }
        try check(fill(list), context)
        return names(in: list).map(\.name)
    }

    /// What the driver knows of an object (gp_camera_file_get_info).
    public func information(folder: String, name: String) throws(GPhotoError) -> ObjectInformation {
        var information = CameraFileInfo()
        try check(gp_camera_file_get_info(pointer, folder, name, &information, context.pointer), context)
        return ObjectInformation(information)
    }

    /// An object's file, whole (gp_camera_file_get).
    ///
    /// Throws GP_ERROR_BAD_PARAMETERS for a preview or EXIF that is not to go to memory: libgphoto2 may keep such a file
    /// for as long as the body is open.
    public func get(_ kind: CameraFileKind, folder: String, name: String, into file: CameraFile) throws(GPhotoError) {
        guard file.isMemory || !kind.isKept else { throw GPhotoError(.badParameters) }
        try check(gp_camera_file_get(pointer, folder, name, kind.type, file.pointer, context.pointer), context)
    }

    /// Reads a piece of an object into `buffer` (gp_camera_file_read), and gives the number of bytes.
    ///
    /// Throws GP_ERROR_NOT_SUPPORTED for a body that has no GetPartialObject, and GP_ERROR for an image that a Canon holds
    /// in its memory: those come only whole.
    public func read(
        folder: String, name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(GPhotoError) -> Int {
        var size = UInt64(buffer.count)
        try check(
            gp_camera_file_read(
                pointer, folder, name, GP_FILE_TYPE_NORMAL, offset,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), &size, context.pointer), context)
        return Int(size)
    }

    /// Deletes an object (gp_camera_file_delete).
    ///
    /// The PTP driver of 2.5.30 says that it did also when the body refused.
    public func delete(folder: String, name: String) throws(GPhotoError) {
        try check(gp_camera_file_delete(pointer, folder, name, context.pointer), context)
    }

    /// Puts a file onto the body (gp_camera_folder_put_file). libgphoto2 keeps the file until `forgetFiles`.
    ///
    /// Throws GP_ERROR_FILE_EXISTS for a name that is taken, GP_ERROR_DIRECTORY_NOT_FOUND, and what the body says.
    public func put(_ file: CameraFile, folder: String, name: String) throws(GPhotoError) {
        try check(
            gp_camera_folder_put_file(
                pointer, folder, name, GP_FILE_TYPE_NORMAL, file.pointer, context.pointer), context)
    }

    /// Has libgphoto2 forget what it remembers of the body's files, so that it asks its driver (gp_filesystem_reset).
    public func forgetFiles() {
        gp_filesystem_reset(pointer.pointee.fs)
    }
}
