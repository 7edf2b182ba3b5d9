import CFiles
import Crypto
import FleetModel
import Glibc
import PacketProtocol

/// Writes an object into a file of the server's as its pieces come, and hashes it on the way. Of the sending thread.
///
/// In memory there is the digest of the newest file alone: a piece of another one than the newest, or one that does not follow
/// the piece before it, is refused.
final class PieceFile {
    private var path = ""
    private var size: Int64 = 0
    private var hash = SHA256()

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
            hash = SHA256()
        }
        guard self.path == path, size == offset else {
            throw FleetError(.generalError, "A piece of \(path) came out of turn; it is begun anew.")
        }
        do throws(FleetError) {
            try put(bytes, at: offset, path)
        } catch {
            self.path = ""
            throw error
        }
        hash.update(bufferPointer: bytes)
        size += Int64(bytes.count)
        guard isLast else { return StoredPiece(size: size) }
        self.path = ""
        let digest = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return StoredPiece(size: size, sha256: digest.joined())
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64, _ path: String) throws(FleetError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let code = write_past_memory(path, start, bytes.count, offset)
        guard code == 0 else {
            errno = code
            throw NewFile.failure(path)
        }
    }
}
