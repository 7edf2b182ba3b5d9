import FleetModel
import GPhoto2
import Glibc

/// Whole objects into new files on disk.
enum ObjectStore {
    /// What a file is now.
    struct Stored {
        let size: Int64
        let mime: String
    }

    /// Has the driver write an object's file to a new file on disk. A file that is not whole is deleted.
    ///
    /// Throws Store_Full when the disk is, General_Error when fewer bytes came than the object has: drivers ignore both.
    static func store(
        _ object: ObjectPath, _ type: ObjectFileType, of camera: Camera, to path: String
    ) throws -> Stored {
        let target = try NewFile(path: path)
        do {
            let mime = try fill(target, object, kind(type), of: camera)
            if let failure = target.failure { throw failure }
            let known = type == .normal ? try? camera.information(folder: object.folder, name: object.name).size : nil
            if let known, known != UInt64(target.size) {
                throw FleetError(
                    .generalError, "\(object.name) has \(known) bytes, of which \(target.size) came; try again.")
            }
            return Stored(size: target.size, mime: mime)
        } catch {
            target.delete()
            // A full disk is the cause of what the driver says then.
            if let failure = target.failure { throw failure }
            if let failure = error as? GPhotoError { throw Doubt(failure: failure, task: .object(object.name)) }
            throw error
        }
    }

    private static func fill(
        _ target: NewFile, _ object: ObjectPath, _ kind: CameraFileKind, of camera: Camera
    ) throws -> String {
        // What the driver makes on the spot is small, and comes through memory; so does what it has in memory already,
        // under `/`, since libgphoto2 2.5.30 cannot copy that to a function.
        let isSmall = kind == .preview || kind == .exif
        let file = try isSmall || object.folder == "/" ? CameraFile() : CameraFile { target.append($0) }
        try camera.get(kind, folder: object.folder, name: object.name, into: file)
        if file.isMemory { try file.withBytes { target.append($0) } }
        return file.mimeType
    }

    /// Copies a capture that is kept in a file to a new one: without copying bytes where both are on one disk.
    static func copy(_ kept: MemoryCaptures.Capture, to path: String) throws(FleetError) -> Stored {
        if link(kept.path, path) == 0 { return Stored(size: kept.size, mime: kept.mime) }
        guard errno == EXDEV || errno == EPERM || errno == EMLINK else { throw NewFile.failure(path) }
        let source = open(kept.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else {
            throw FleetError(.invalidObjectHandle, "The image was in the body's memory and is not kept any more.")
        }
        defer { close(source) }
        let target = try NewFile(path: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(source, buffer.baseAddress, buffer.count)
            guard count > 0 else { break }
            target.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        if target.failure == nil, target.size == kept.size { return Stored(size: kept.size, mime: kept.mime) }
        target.delete()
        throw target.failure ?? FleetError(.generalError, "The image that was kept could not be read whole.")
    }

    /// libgphoto2's word for an object's file.
    static func kind(_ type: ObjectFileType) -> CameraFileKind {
        switch type {
        case .normal: .normal
        case .preview: .preview
        case .raw: .raw
        case .exif: .exif
        case .audio: .audio
        case .metadata: .metadata
        }
    }
}

/// A file that was not there before, and is written once. It remembers the first failure, and drops what comes after it.
final class NewFile {
    private let path: String
    private let descriptor: Int32
    /// How many bytes were written.
    private(set) var size: Int64 = 0
    /// Why not all could be written.
    private(set) var failure: FleetError?

    /// Makes the file.
    ///
    /// Throws Store_Full, or General_Error: it is there already, or the folder is not.
    convenience init(path: String) throws(FleetError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        self.init(path: path, descriptor: descriptor)
    }

    /// Takes a descriptor, and closes it at its end.
    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Writes bytes to its end, unless it has failed.
    func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty, failure == nil {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                failure = Self.failure(path)
                return
            }
            size += Int64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Deletes it.
    func delete() { unlink(path) }

    /// What errno means for a file at that path.
    static func failure(_ path: String) -> FleetError {
        let isFull = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
        let text = String(cString: strerror(errno))
        return isFull
            ? FleetError(
                .storeFull, "The server's disk is full: \(path) could not be written. Make room and try again.")
            : FleetError(.generalError, "\(path) could not be written: \(text).")
    }
}
