import Dispatch
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Sends pieces of downloads on a thread of its own, so that the driver reads the next one meanwhile. There are two
/// buffers; who wants a third waits until one of them is sent.
///
/// Sendable is proved by `free` and `filled`: a buffer belongs to the body's thread from `free.wait()` to the lock of
/// `filled`, then to the sending thread until `free.signal()`.
final class PieceSender: @unchecked Sendable {
    private struct Piece: Sendable {
        let buffer: Int
        let count: Int
        let transaction: UInt32
    }

    /// The most bytes of a piece.
    static let longest = 1 << 20

    private let writer: LinkWriter
    private let buffers = [
        UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 16),
        UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 16),
    ]
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
    /// answer.
    func send(_ transaction: UInt32, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        free.wait()
        do {
            let count = try fill(buffers[next])
            filled.withLockedValue { $0.append(Piece(buffer: next, count: count, transaction: transaction)) }
        } catch {
            free.signal()
            throw error
        }
        next = 1 - next
        count.signal()
    }

    /// Sends for as long as the process lives.
    func run() -> Never {
        while true {
            count.wait()
            guard let piece = filled.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            let bytes = UnsafeRawBufferPointer(rebasing: buffers[piece.buffer][..<piece.count])
            writer.data(LinkCommand.readPiece.rawValue, piece.transaction, bytes)
            free.signal()
            writer.answer(piece.transaction, Nothing())
        }
    }
}
