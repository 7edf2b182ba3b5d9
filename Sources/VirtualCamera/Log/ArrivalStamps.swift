internal import CVirtualCamera
import NIOConcurrencyHelpers
import NIOCore

/// When what was last read from a socket had come in, as the kernel noted it.
///
/// NIO asks its allocator for a buffer at once before each read: that is when the kernel is asked for the time of what lies
/// there to be read. Where a read brings several requests, all have the time of the last byte.
final class ArrivalStamps: Sendable {
    private let socket: Int32
    /// A socket that is never closed: as long as one wants times, the kernel notes them.
    private static let preparation = socket_time_prepare()

    /// Sees that the kernel notes times from the first request on; waits for it, a second at most.
    static func prepare() { _ = preparation }

    private let latest = NIOLockedValueBox<TransactionMoment?>(nil)

    /// Has the kernel note times on a socket, which must stay open for as long as it is read from.
    init?(socket: Int32) {
        guard socket_time_enable(socket) == 0 else { return nil }
        self.socket = socket
    }

    /// When what was last read had come in; nil if the kernel did not say.
    var moment: TransactionMoment? { latest.withLockedValue { $0 } }

    fileprivate func look(at length: Int) {
        var moment = socket_time_moment()
        let isKnown = socket_time_peek(socket, length, &moment) == 1
        latest.withLockedValue {
            $0 = isKnown ? TransactionMoment(realtime: moment.realtime, monotonic: moment.monotonic) : nil
        }
    }
}

/// Buffers for reads whose time of arrival is wanted.
struct StampedReads: RecvByteBufferAllocator {
    let stamps: ArrivalStamps
    private static let size = 64 * 1024

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { allocator.buffer(capacity: Self.size) }

    func nextBufferSize() -> Int? {
        stamps.look(at: Self.size)
        return Self.size
    }

    mutating func record(actualReadBytes: Int) -> Bool { false }
}

extension TransactionMoment {
    /// Now.
    static var now: TransactionMoment {
        var moment = socket_time_moment()
        socket_time_now(&moment)
        return TransactionMoment(realtime: moment.realtime, monotonic: moment.monotonic)
    }
}
