import CDriverLog
import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// The worker's writing end of the link. A server that does not read makes the body's thread wait, and no one else; one
/// that is gone ends the process.
final class LinkWriter: Sendable {
    private let descriptor: Int32
    private let lock = NIOLock()

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Answers a command.
    func answer(_ transaction: UInt32, _ result: some Encodable) {
        write(
            PacketEncoder.encode(
                type: .response, code: ResponseCode.ok.rawValue, transactionID: transaction, json: result))
    }

    /// Answers a command, and tells at once what came of it besides.
    func answer(_ transaction: UInt32, _ result: some Encodable, telling event: UInt16, _ content: some Encodable) {
        var packets = PacketEncoder.encode(
            type: .response, code: ResponseCode.ok.rawValue, transactionID: transaction, json: result)
        var told = PacketEncoder.encode(type: .event, code: event, transactionID: 0, json: content)
        packets.writeBuffer(&told)
        write(packets)
    }

    /// Refuses a command.
    func refuse(_ transaction: UInt32, _ error: FleetError) {
        write(
            PacketEncoder.encode(
                type: .response, code: error.kind.rawValue, transactionID: transaction, json: ErrorDescription(error)))
    }

    /// Sends bytes before an answer, uncopied.
    func data(_ code: UInt16, _ transaction: UInt32, _ bytes: UnsafeRawBufferPointer) {
        let head = PacketEncoder.head(
            type: .data, code: code, sessionID: 0, transactionID: transaction, contentLength: bytes.count)
        lock.withLock {
            head.withUnsafeReadableBytes { writeAll($0, bytes) }
        }
    }

    /// Tells something unasked.
    func tell(_ event: UInt16, _ content: some Encodable) {
        write(PacketEncoder.encode(type: .event, code: event, transactionID: 0, json: content))
    }

    /// Tells of an exposure of so many nanoseconds that begins in `wait` at the latest, where it is a long one.
    func tellExposure(_ exposure: Int64, in wait: Int64 = 0) {
        guard exposure >= 1_000_000_000 else { return }
        tell(LinkEvent.exposing.rawValue, Exposing(nanoseconds: max(0, wait) + 2 * exposure + 2_000_000_000))
    }

    private func write(_ packets: ByteBuffer) {
        lock.withLock {
            packets.withUnsafeReadableBytes { writeAll($0, UnsafeRawBufferPointer(start: nil, count: 0)) }
        }
    }

    private func writeAll(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        var (first, second) = (first, second)
        while !first.isEmpty || !second.isEmpty {
            var pieces = [
                iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
                iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
            ]
            let count = writev(descriptor, &pieces, 2)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { driver_process_end(0) }
            let ofFirst = min(count, first.count)
            first = UnsafeRawBufferPointer(rebasing: first.dropFirst(ofFirst))
            second = UnsafeRawBufferPointer(rebasing: second.dropFirst(count - ofFirst))
        }
    }
}
