import Crypto
public import FleetModel
import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix
public import PacketProtocol

/// The bytes of a saved image from an offset to its end, in order, for one reader.
public final class SavedPieces: Sendable {
    private struct State {
        var offset: Int64
        var digest: SavedDownload.Digest
    }

    private let download: SavedDownload
    private let file: ImageFile
    private let state: NIOLockedValueBox<State>

    init(of download: SavedDownload, file: ImageFile, from offset: Int64, digest: SavedDownload.Digest) {
        self.download = download
        self.file = file
        state = NIOLockedValueBox(State(offset: offset, digest: digest))
    }

    /// The next bytes and where they begin: `Download.longestPiece` of them at most, and one at least; nil at the end.
    ///
    /// Throws Invalid_ObjectHandle where the file became shorter, General_Error when the disk fails, Transaction_Cancelled
    /// when the connection is gone that asked for the ticket.
    public func next() async throws(FleetError) -> (offset: Int64, bytes: ByteBuffer)? {
        try download.requireOpen()
        let offset = state.withLockedValue { $0.offset }
        let length = Int(min(Int64(Download.longestPiece), download.image.size - offset))
        guard length > 0 else { return nil }
        do {
            let piece = try await NIOThreadPool.singleton.runIfActive { [self] in
                let piece = try file.read(at: offset, length: length)
                add(piece, at: offset)
                return piece
            }
            return (offset, piece)
        } catch {
            throw download.failure(error)
        }
    }

    /// What the last response of a transfer says: the SHA-256 is that of what was read, once every byte was.
    public var result: TransferResult {
        let digest = state.withLockedValue { $0.digest }
        let size = download.image.size
        return TransferResult(size: size, sha256: digest.length == size ? digest.hash.finalize().hexadecimal : nil)
    }

    private func add(_ piece: ByteBuffer, at offset: Int64) {
        let end = offset + Int64(piece.readableBytes)
        var digest = state.withLockedValue { $0.digest }
        let known = digest.length - offset
        if known >= 0, end > digest.length {
            piece.withUnsafeReadableBytes { bytes in
                digest.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Int(known))))
            }
            digest.length = end
            download.note(digest)
        }
        state.withLockedValue { $0 = State(offset: end, digest: digest) }
    }
}
