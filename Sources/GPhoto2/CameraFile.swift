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

    /// A file behind a descriptor, to be read or written, which is the caller's to keep open (gp_file_new_from_fd closes what
    /// it is given, so it gets a duplicate).
    public init(descriptor: Int32) throws(GPhotoError) {
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
