public import FleetModel
import Glibc
import NIOCore
import NIOPosix

/// A file of the server's spool that belongs to one ticket: what libgphoto2 makes on the spot, or an object that its
/// body does not give in pieces. It is deleted with the last who holds it.
final class SpoolFile: Sendable {
    let path: String

    /// Takes a path before anything is written there, so that whatever comes of it is deleted.
    init(path: String) {
        self.path = path
    }

    deinit {
        unlink(path)
    }

    /// Deletes it before its time.
    func delete() { unlink(path) }

    /// Makes it, without content.
    ///
    /// Throws Store_Full when the disk is, General_Error when it fails.
    func make() async throws(FleetError) { try await write(ByteBuffer(), at: 0) }

    /// Writes bytes where they belong; the file is made where it is not there.
    ///
    /// Throws Store_Full when the disk is, General_Error when it fails.
    func write(_ bytes: ByteBuffer, at offset: Int64) async throws(FleetError) {
        do {
            try await NIOThreadPool.singleton.runIfActive { [path] in
                let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw SpoolFailure(code: errno) }
                defer { close(descriptor) }
                try bytes.withUnsafeReadableBytes { bytes in
                    var done = 0
                    while done < bytes.count {
                        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                        let count = pwrite(descriptor, rest.baseAddress, rest.count, Int(offset) + done)
                        if count < 0, errno == EINTR { continue }
                        guard count > 0 else { throw SpoolFailure(code: errno) }
                        done += count
                    }
                }
            }
        } catch let failure as SpoolFailure where failure.isFull {
            throw Spool.full
        } catch {
            throw FleetError(.generalError, "The server's spool could not be written: \(error).")
        }
    }

    /// At most `length` bytes from `offset` on.
    ///
    /// Throws General_Error when the disk fails.
    func read(at offset: Int64, length: Int) async throws(FleetError) -> ByteBuffer {
        do {
            return try await NIOThreadPool.singleton.runIfActive { [path] in
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { throw SpoolFailure(code: errno) }
                defer { close(descriptor) }
                var buffer = ByteBuffer()
                buffer.reserveCapacity(length)
                var count = 0
                try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
                    count = pread(descriptor, bytes.baseAddress, length, Int(offset))
                    guard count >= 0 else { throw SpoolFailure(code: errno) }
                    return count
                }
                return buffer
            }
        } catch {
            throw FleetError(.generalError, "The server's spool could not be read: \(error).")
        }
    }
}

/// What the system said of a spool file.
private struct SpoolFailure: Error, CustomStringConvertible {
    let code: CInt
    var description: String { String(cString: strerror(code)) }
    var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}

/// The folder of the server's spool: names for new files, and nothing left from a server that was there before.
public struct Spool: Sendable {
    private let folder: String

    /// Makes the folder, or empties it.
    ///
    /// Throws General_Error when the folder cannot be made.
    public init(folder: String) throws(FleetError) {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw FleetError(
                .generalError, "The spool \(folder) cannot be made: \(String(cString: strerror(errno))).")
        }
        guard let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".object-") { unlink("\(folder)/\(name)") }
        }
    }

    /// A file that is not there yet. Its name begins with a dot, as those of unfinished files do.
    func newFile() -> SpoolFile {
        SpoolFile(path: "\(folder)/.object-\(String(UInt64.random(in: 0 ... .max), radix: 16))")
    }

    /// Refuses what will not fit, as far as the disk says.
    ///
    /// Throws Store_Full.
    func requireRoom(for size: Int64) throws(FleetError) {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return }
        let free = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        guard !free.overflow, free.partialValue < UInt64(size) else { return }
        throw Self.full
    }

    static let full = FleetError(.storeFull, "The server's disk is full: make room in its data folder and try again.")
}
