import Crypto
import NIOCore
import PacketProtocol

/// The SHA-256 of a file that goes over port 6666 in pieces: of its bytes from the beginning, as far as they came without a
/// gap. Of a file that came whole only what it came to is kept, as a session has many tickets that were used.
struct TransferDigest: Sendable {
    private let size: Int64
    /// How many bytes it is of.
    private(set) var length: Int64 = 0
    private var hash: SHA256?
    private var whole: SHA256.Digest?

    /// Of a file of so many bytes, of which none came yet.
    init(size: Int64) {
        self.size = size
        hash = SHA256()
        finishIfWhole()
    }

    /// Takes the bytes at `offset`, where all before them came.
    mutating func add(_ piece: ByteBuffer, at offset: Int64) {
        let known = length - offset
        guard known >= 0, known < Int64(piece.readableBytes) else { return }
        piece.withUnsafeReadableBytes { bytes in
            hash?.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Int(known))))
        }
        length = offset + Int64(piece.readableBytes)
        finishIfWhole()
    }

    private mutating func finishIfWhole() {
        guard length == size else { return }
        whole = hash?.finalize()
        hash = nil
    }

    /// What the last response of a transfer says: the SHA-256 is there once every byte came.
    var result: TransferResult { TransferResult(size: size, sha256: whole?.hexadecimal) }
}
