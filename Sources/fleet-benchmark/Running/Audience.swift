import FleetModel
import Glibc
import PacketProtocol

/// Many viewers of live view, read by one thread that keeps nothing of a frame but its number and its times.
final class Audience {
    private struct Viewer {
        let stream: PlainConnection
        let body: Int
        var head: [UInt8] = []
        var left = 0
        var number: UInt32 = 0
        var arrived: Int64 = 0
    }

    private struct Frame: Hashable {
        let body: Int
        let number: UInt32
    }

    private struct Delivery {
        var viewers = 0
        var lastWait = 0.0
    }

    /// Length, type, code and session of the packet, transaction, number and arrival of the frame.
    private static let headLength = PtpPacket.headerLength + 4 + 4 + 8

    private var viewers: [Viewer] = []
    private var deliveries: [Frame: Delivery] = [:]
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    deinit { scratch.deallocate() }

    func add(_ stream: PlainConnection, of body: Int) {
        viewers.append(Viewer(stream: stream, body: body))
    }

    /// Forgets what was delivered.
    func forget() { deliveries = [:] }

    /// The bodies that a whole frame came from.
    var bodiesSeen: Set<Int> { Set(deliveries.keys.map(\.body)) }

    /// How many frames arrived from all bodies: those between each body's first and last that anybody got.
    var frames: Int {
        var ranges: [Int: ClosedRange<UInt32>] = [:]
        for frame in deliveries.keys {
            let range = ranges[frame.body] ?? frame.number...frame.number
            ranges[frame.body] = min(range.lowerBound, frame.number)...max(range.upperBound, frame.number)
        }
        return ranges.values.reduce(0) { $0 + $1.count }
    }

    /// How many of the frames came to how many of the viewers, as a part of all. The last frame of each body may be on its way.
    var deliveredPart: Double {
        let perBody = Dictionary(grouping: viewers, by: \.body).mapValues(\.count)
        var wanted = 0
        var ranges: [Int: ClosedRange<UInt32>] = [:]
        for frame in deliveries.keys {
            let range = ranges[frame.body] ?? frame.number...frame.number
            ranges[frame.body] = min(range.lowerBound, frame.number)...max(range.upperBound, frame.number)
        }
        for (body, range) in ranges { wanted += range.count * (perBody[body] ?? 0) }
        return Double(deliveries.values.reduce(0) { $0 + $1.viewers }) / Double(max(1, wanted))
    }

    /// Of each frame, the milliseconds from its arrival from the body until its last viewer had all of it.
    var lastWaits: [Double] { deliveries.values.map(\.lastWait) }

    /// Reads what comes, for so long.
    func watch(for time: Duration) throws {
        let end = ContinuousClock.now + time
        var ready = viewers.map { pollfd(fd: $0.stream.descriptor, events: Int16(POLLIN), revents: 0) }
        while ContinuousClock.now < end {
            guard poll(&ready, nfds_t(ready.count), 100) > 0 else { continue }
            for index in ready.indices where ready[index].revents != 0 { try read(index) }
        }
    }

    private func read(_ index: Int) throws {
        let count = recv(
            viewers[index].stream.descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw BenchmarkFailure("A stream of live view ended.") }
        var bytes = UnsafeRawBufferPointer(rebasing: scratch[..<count])
        while !bytes.isEmpty { bytes = try take(bytes, index) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ index: Int) throws -> UnsafeRawBufferPointer {
        if viewers[index].left > 0 {
            let skipped = min(viewers[index].left, bytes.count)
            viewers[index].left -= skipped
            if viewers[index].left == 0 { complete(index) }
            return UnsafeRawBufferPointer(rebasing: bytes[skipped...])
        }
        let taken = min(Self.headLength - viewers[index].head.count, bytes.count)
        viewers[index].head += bytes[..<taken]
        if viewers[index].head.count == Self.headLength { try begin(index) }
        return UnsafeRawBufferPointer(rebasing: bytes[taken...])
    }

    private func begin(_ index: Int) throws {
        try viewers[index].head.withUnsafeBytes { head in
            guard head.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == PacketType.data.rawValue else {
                throw BenchmarkFailure("A stream of live view ended.")
            }
            viewers[index].left = Int(head.loadUnaligned(as: UInt32.self)) - Self.headLength
            viewers[index].number = head.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            viewers[index].arrived = head.loadUnaligned(fromByteOffset: 20, as: Int64.self)
        }
        viewers[index].head = []
    }

    private func complete(_ index: Int) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        let viewer = viewers[index]
        var delivery = deliveries[Frame(body: viewer.body, number: viewer.number)] ?? Delivery()
        delivery.viewers += 1
        delivery.lastWait = max(delivery.lastWait, Double(now - viewer.arrived) / 1e6)
        deliveries[Frame(body: viewer.body, number: viewer.number)] = delivery
    }
}
