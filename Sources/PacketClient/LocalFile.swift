import Crypto
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A file of this machine that is read piece by piece, for one reader. It is closed with the object.
final class LocalFile: Sendable {
    private struct Digest: Sendable {
        /// How many bytes from the beginning it covers.
        var size: Int64 = 0
        var hash = SHA256()
    }

    let path: String
    /// In bytes, when it was opened.
    let size: Int64
    private let descriptor: CInt
    private let digest = NIOLockedValueBox(Digest())

    /// Opens the file.
    init(_ path: String) throws(FleetClientError) {
        // Without O_NONBLOCK a named pipe would be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = Self.failure(path)
            close(descriptor)
            throw failure
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .file("\(path) is no file.")
        }
        self.path = path
        self.descriptor = descriptor
        size = Int64(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// The bytes from `offset` on, at most `length` of them, read on a thread that may wait for the disk.
    func piece(at offset: Int64, length: Int) async throws(FleetClientError) -> ByteBuffer {
        let length = Int(min(Int64(length), size - offset))
        return try await onDisk { [self] in
            var piece = ByteBufferAllocator().buffer(capacity: length)
            while piece.readableBytes < length {
                let place = off_t(offset) + off_t(piece.readableBytes)
                let missing = length - piece.readableBytes
                var result = 0
                piece.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
                    result = pread(descriptor, space.baseAddress, missing, place)
                    return max(0, result)
                }
                guard result >= 0 || errno == EINTR else { throw Self.failure(path) }
                guard result != 0 else {
                    throw FleetClientError.file("\(path) changed while it was sent. Send it again.")
                }
            }
            add(piece, at: offset)
            return piece
        }
    }

    /// The SHA-256 of all its bytes in hexadecimal, as they were when they were read.
    func sha256() async throws(FleetClientError) -> String {
        while true {
            let known = digest.withLockedValue { $0.size }
            guard known < size else { break }
            _ = try await piece(at: known, length: UploadStream.longestPiece)
        }
        return digest.withLockedValue { $0.hash }.finalize()
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Bytes that are read again after a broken connection count once.
    private func add(_ piece: ByteBuffer, at offset: Int64) {
        digest.withLockedValue { digest in
            let known = digest.size - offset
            guard known >= 0, known < Int64(piece.readableBytes) else { return }
            piece.readableBytesView.dropFirst(Int(known)).withUnsafeBytes { digest.hash.update(bufferPointer: $0) }
            digest.size = offset + Int64(piece.readableBytes)
        }
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws(FleetClientError) -> Value {
        do {
            return try await NIOThreadPool.singleton.runIfActive(work)
        } catch let error as FleetClientError {
            throw error
        } catch {
            throw .cancelled
        }
    }

    private static func failure(_ path: String) -> FleetClientError {
        .file("\(path) cannot be read: \(String(cString: strerror(errno))).")
    }
}
