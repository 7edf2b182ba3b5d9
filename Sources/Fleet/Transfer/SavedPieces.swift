public import FleetModel
import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix
public import PacketProtocol

/// The bytes of a saved image from an offset to its end, in order, for one reader.
public final class SavedPieces: Sendable {
    private struct State {
        var offset: Int64
        var digest: TransferDigest
    }

    private let download: SavedDownload
    private let file: ImageFile
    private let state: NIOLockedValueBox<State>

    init(of download: SavedDownload, file: ImageFile, from offset: Int64, digest: TransferDigest) {
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
        let length = Int(min(Int64(Download.longestPiece), download.size - offset))
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
    public var result: TransferResult { state.withLockedValue { $0.digest.result } }

    private func add(_ piece: ByteBuffer, at offset: Int64) {
        let end = offset + Int64(piece.readableBytes)
        var digest = state.withLockedValue { $0.digest }
        let known = digest.length
        digest.add(piece, at: offset)
        if digest.length > known { download.note(digest) }
        state.withLockedValue { $0 = State(offset: end, digest: digest) }
    }
}
