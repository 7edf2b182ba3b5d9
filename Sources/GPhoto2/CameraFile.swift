import CGPhoto2
import Glibc

/// What a driver writes an object into: memory, or a file on disk.
public final class CameraFile {
    let pointer: OpaquePointer

    /// A file in memory (gp_file_new).
    public init() throws(GPhotoError) {
        var pointer: OpaquePointer?
        try check(gp_file_new(&pointer))
        guard let pointer else { throw GPhotoError(.noMemory) }
        self.pointer = pointer
    }

    /// A file behind a descriptor, which is the caller's to keep open (gp_file_new_from_fd closes what it is given, so it
    /// gets a duplicate).
    public init(writingTo descriptor: Int32) throws(GPhotoError) {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard duplicate >= 0 else { throw GPhotoError(.systemFailure, detail: String(cString: strerror(errno))) }
        var pointer: OpaquePointer?
        let result = gp_file_new_from_fd(&pointer, duplicate)
        guard result >= 0, let pointer else {
            close(duplicate)
            throw GPhotoError(GPhotoError.Code(rawValue: result))
        }
        self.pointer = pointer
    }

    deinit {
        gp_file_unref(pointer)
    }

    /// Calls `body` with the bytes of a file in memory, which live until the file is written again.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var data: UnsafePointer<CChar>?
        var size: UInt = 0
        try check(gp_file_get_data_and_size(pointer, &data, &size))
        return try body(UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(size)))
    }

    /// The media type that the driver gave it.
    public var mimeType: String {
        var type: UnsafePointer<CChar>?
        guard gp_file_get_mime_type(pointer, &type) >= 0, let type else { return "application/octet-stream" }
        return String(cString: type)
    }
}

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
    public func get(_ kind: CameraFileKind, folder: String, name: String, into file: CameraFile) throws(GPhotoError) {
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
}
