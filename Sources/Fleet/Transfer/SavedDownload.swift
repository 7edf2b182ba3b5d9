public import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What a ticket of DOWNLOAD_SAVED stands for: the file of one saved image, read in pieces, as often as the client likes. In
/// memory there is the piece that is being read.
public final class SavedDownload: Sendable {
    /// Where a transfer starts that says nothing else.
    public let startOffset: Int64

    private struct State {
        var digest: TransferDigest
        var isEnded = false
    }

    /// The size of the whole file, in bytes.
    let size: Int64
    private let folder: String
    private let name: String
    private let state: NIOLockedValueBox<State>

    init(of image: SavedImage, in folder: String, from offset: Int64) {
        size = image.size
        self.folder = folder
        name = image.savedAs
        startOffset = offset
        state = NIOLockedValueBox(State(digest: TransferDigest(size: image.size)))
    }

    /// The bytes from `offset` to the end.
    ///
    /// Throws Invalid_Parameter for an offset that is not within the file, Invalid_ObjectHandle where the file is not there
    /// any more or has another size, Transaction_Cancelled when the connection is gone that asked for the ticket.
    public func pieces(from offset: Int64) async throws(FleetError) -> SavedPieces {
        guard (0...size).contains(offset) else {
            throw FleetError(.invalidParameter, "The file has \(size) bytes; offset must be within them.")
        }
        try requireOpen()
        let file = try await open()
        // From the beginning it is what is read now that counts; what goes on belongs to what was read before.
        let digest = offset == 0 ? TransferDigest(size: size) : state.withLockedValue { $0.digest }
        return SavedPieces(of: self, file: file, from: offset, digest: digest)
    }

    /// Throws as `pieces(from:)` does of the file.
    func check() async throws(FleetError) { _ = try await open() }

    /// The connection is over that asked for it.
    func end() { state.withLockedValue { $0.isEnded = true } }

    func requireOpen() throws(FleetError) {
        guard !state.withLockedValue({ $0.isEnded }) else {
            throw FleetError(.transactionCancelled, "The connection is closed that the ticket belongs to.")
        }
    }

    /// So far a transfer has read, for one that takes it up.
    func note(_ digest: TransferDigest) { state.withLockedValue { $0.digest = digest } }

    private func open() async throws(FleetError) -> ImageFile {
        do {
            return try await NIOThreadPool.singleton.runIfActive { [folder, name, size] in
                try ImageFile("\(folder)/\(name)", size: size)
            }
        } catch {
            throw failure(error)
        }
    }

    /// What is wrong with the file, for a client.
    func failure(_ error: any Error) -> FleetError {
        guard let error = error as? ImageFileFailure else {
            return FleetError(.transactionCancelled, "The server ends before the transfer.")
        }
        switch error {
        case .missing: return FleetError(.invalidObjectHandle, "The file \(name) is not there any more.")
        case .changed:
            return FleetError(
                .invalidObjectHandle, "The file \(name) is not what was saved: its size is another.")
        case .unreadable(let code):
            return FleetError(
                .generalError, "The server cannot read \(name): \(String(cString: strerror(code))).")
        }
    }
}

/// Why a saved file does not give its bytes.
enum ImageFileFailure: Error {
    /// There is none of that name.
    case missing
    /// It is no file, or has another size than it had.
    case changed
    /// The system's errno.
    case unreadable(CInt)
}

/// The open file of a saved image. Its calls wait for the disk.
final class ImageFile: Sendable {
    private let descriptor: CInt

    /// Opens it, if it has that size. A link is not followed, and what is no file not waited for.
    init(_ path: String, size: Int64) throws(ImageFileFailure) {
        let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard opened >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing
            case ELOOP, ENXIO: throw .changed
            default: throw .unreadable(errno)
            }
        }
        var status = stat()
        let code = fstat(opened, &status) == 0 ? 0 : errno
        guard code == 0, status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == size else {
            close(opened)
            throw code == 0 ? .changed : .unreadable(code)
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    /// Exactly so many bytes from `offset` on.
    func read(at offset: Int64, length: Int) throws(ImageFileFailure) -> ByteBuffer {
        var piece = ByteBufferAllocator().buffer(capacity: length)
        while piece.readableBytes < length {
            let place = off_t(offset) + off_t(piece.readableBytes)
            let missing = length - piece.readableBytes
            var count = 0
            var code: CInt = 0
            piece.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
                count = pread(descriptor, space.baseAddress, missing, place)
                code = errno
                return max(0, count)
            }
            if count < 0, code == EINTR { continue }
            guard count >= 0 else { throw .unreadable(code) }
            // It became shorter while it was read.
            guard count > 0 else { throw .changed }
        }
        return piece
    }
}
