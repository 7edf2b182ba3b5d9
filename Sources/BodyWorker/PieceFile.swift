import CFiles
import Crypto
import Dispatch
import FleetModel
import Glibc
import PacketProtocol

/// Writes an object into a file of the server's as its pieces come, and hashes each while it is written. Of the sending thread.
///
/// In memory there is the digest of the newest file alone: a piece of another one than the newest, or one that does not follow
/// the piece before it, is refused.
final class PieceFile {
    private var path = ""
    private var size: Int64 = 0
    private let digest = PieceDigest()

    /// Writes a piece where it belongs, and gives how much the file has then; with `isLast` its SHA-256 as well. The file has
    /// to be there: a server that wants it no more has deleted it.
    ///
    /// Throws Store_Full when the disk is, General_Error when it fails, or when a piece is not the next one.
    func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int64, of path: String, isLast: Bool
    ) throws(FleetError) -> StoredPiece {
        if offset == 0 {
            self.path = path
            size = 0
            digest.begin()
        }
        guard self.path == path, size == offset else {
            throw FleetError(.generalError, "A piece of \(path) came out of turn; it is begun anew.")
        }
        digest.take(bytes)
        do throws(FleetError) {
            defer { digest.wait() }
            try put(bytes, at: offset, path)
        } catch {
            self.path = ""
            throw error
        }
        size += Int64(bytes.count)
        guard isLast else { return StoredPiece(size: size) }
        self.path = ""
        return StoredPiece(size: size, sha256: digest.finish())
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64, _ path: String) throws(FleetError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw NewFile.failure(path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = pwrite(descriptor, piece.baseAddress, piece.count, Int(offset) + rest.startIndex)
            if count < 0, errno == EINTR { continue }
            if count == 0 { errno = EIO }
            guard count > 0 else { throw NewFile.failure(path) }
            rest = rest.dropFirst(count)
        }
        // So that the disk is nearly done when the file is synchronised.
        begin_writing(descriptor, offset, Int64(bytes.count))
    }
}

/// The SHA-256 of an object, made on a thread of its own while its pieces are written.
///
/// Sendable is proved by `wait`, which whoever gave a piece calls before anything else: until then the hashing thread alone
/// touches digest and piece, after it the giver alone.
private final class PieceDigest: @unchecked Sendable {
    private var hash = SHA256()
    private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
    private let queue = DispatchQueue(label: "digest")
    private let isTaken = DispatchSemaphore(value: 0)

    func begin() {
        hash = SHA256()
    }

    /// Begins with a piece, whose bytes have to stay until `wait` returns.
    func take(_ bytes: UnsafeRawBufferPointer) {
        piece = bytes
        queue.async { [self] in
            hash.update(bufferPointer: piece)
            isTaken.signal()
        }
    }

    /// Returns when the piece is hashed.
    func wait() {
        isTaken.wait()
    }

    /// In hexadecimal.
    func finish() -> String {
        hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
