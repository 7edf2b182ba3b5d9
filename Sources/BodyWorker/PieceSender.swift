import Dispatch
import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Sends pieces of downloads, or writes them into files of the server's, on a thread of its own, so that the driver reads the
/// next one meanwhile. There are two buffers; who wants a third waits until one of them is sent or written.
///
/// Sendable is proved by `free` and `filled`: a buffer belongs to the body's thread from `free.wait()` to the lock of
/// `filled`, then to the sending thread until `free.signal()`.
final class PieceSender: @unchecked Sendable {
    /// Where a piece is written.
    struct Target: Sendable {
        let path: String
        let offset: Int64
        let isLast: Bool
    }

    private struct Piece: Sendable {
        let buffer: Int
        let count: Int
        let transaction: UInt32
        /// Nil where it is sent.
        let target: Target?
    }

    /// The most bytes of a piece.
    static let longest = 1 << 20

    private let writer: LinkWriter
    private let buffers = (0..<2).map { _ in
        UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 16)
    }
    private let filled = NIOLockedValueBox<[Piece]>([])
    private let free = DispatchSemaphore(value: 2)
    private let count = DispatchSemaphore(value: 0)
    /// The buffer that is next: they are sent in turn. Of the body's thread.
    private var next = 0

    init(writer: LinkWriter) {
        self.writer = writer
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
    }

    /// Has `fill` put bytes into a buffer, on this thread, and sends as many as it says: the data of a READ_PIECE and its
    /// answer; or, with a target, writes them there and answers a STORE_PIECE.
    func send(
        _ transaction: UInt32, to target: Target? = nil, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        free.wait()
        do {
            let count = try fill(buffers[next])
            filled.withLockedValue {
                $0.append(Piece(buffer: next, count: count, transaction: transaction, target: target))
            }
        } catch {
            free.signal()
            throw error
        }
        next = 1 - next
        count.signal()
    }

    /// Sends for as long as the process lives.
    func run() -> Never {
        let file = PieceFile()
        while true {
            count.wait()
            guard let piece = filled.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            let bytes = UnsafeRawBufferPointer(rebasing: buffers[piece.buffer][..<piece.count])
            guard let target = piece.target else {
                writer.data(LinkCommand.readPiece.rawValue, piece.transaction, bytes)
                free.signal()
                writer.answer(piece.transaction, Nothing())
                continue
            }
            do throws(FleetError) {
                let stored = try file.write(bytes, at: target.offset, of: target.path, isLast: target.isLast)
                free.signal()
                writer.answer(piece.transaction, stored)
            } catch {
                free.signal()
                writer.refuse(piece.transaction, error)
            }
        }
    }
}
