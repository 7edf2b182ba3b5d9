import CGPhoto2
import Glibc

/// What a driver writes an object into: memory, a file on disk, or a function.
public final class CameraFile {
    /// The function that takes the bytes. C holds an unretained pointer to it, and uses it within `Camera.get` alone: what
    /// a camera's filesystem keeps for longer (`CameraFileKind.isKept`) never goes to a function.
    private final class Sink {
        let take: (UnsafeRawBufferPointer) -> Void

        init(_ take: @escaping (UnsafeRawBufferPointer) -> Void) {
            self.take = take
        }
    }

    let pointer: OpaquePointer
    private let sink: Sink?
    private let handler: UnsafeMutablePointer<CameraFileHandler>?

    /// Whether its bytes are in memory, for `withBytes`.
    public let isMemory: Bool

    /// A file in memory (gp_file_new).
    public init() throws(GPhotoError) {
        var pointer: OpaquePointer?
        try check(gp_file_new(&pointer))
        guard let pointer else { throw GPhotoError(.noMemory) }
        self.pointer = pointer
        (sink, handler, isMemory) = (nil, nil, true)
    }

    /// A file whose bytes go to a function as they come (gp_file_new_from_handler). The function cannot fail, for a reason:
    /// over PTP/IP a handler's error leaves the session out of step, and in other places drivers ignore it.
    public init(_ take: @escaping (UnsafeRawBufferPointer) -> Void) throws(GPhotoError) {
        let sink = Sink(take)
        let handler = UnsafeMutablePointer<CameraFileHandler>.allocate(capacity: 1)
        handler.initialize(
            to: CameraFileHandler(
                size: { _, _ in GP_ERROR_NOT_SUPPORTED }, read: { _, _, _ in GP_ERROR_NOT_SUPPORTED },
                write: { sink, bytes, count in
                    guard let sink, let count else { return GP_ERROR_BAD_PARAMETERS }
                    Unmanaged<Sink>.fromOpaque(sink).takeUnretainedValue().take(
                        UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(count.pointee)))
                    return GP_OK
                }))
        var pointer: OpaquePointer?
        let result = gp_file_new_from_handler(&pointer, handler, Unmanaged.passUnretained(sink).toOpaque())
        guard result >= 0, let pointer else {
            handler.deallocate()
            throw GPhotoError(GPhotoError.Code(rawValue: result))
        }
        self.pointer = pointer
        (self.sink, self.handler, isMemory) = (sink, handler, false)
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
        (sink, handler, isMemory) = (nil, nil, false)
    }

    deinit {
        gp_file_unref(pointer)
        handler?.deallocate()
    }

    /// Calls `body` with the bytes of a file in memory, which live until the file is written again.
    ///
    /// Throws GP_ERROR_BAD_PARAMETERS for a file that is not in memory.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard isMemory else { throw GPhotoError(.badParameters) }
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
}
