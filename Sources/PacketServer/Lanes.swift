import NIOConcurrencyHelpers
import PacketProtocol

/// The lanes in which each session's commands run in the order sent. A lane is there while commands are in it, and holds
/// no more of them than may be in flight.
final class Lanes: Sendable {
    private struct Lane {
        let packets: AsyncStream<PtpPacket>.Continuation
        var count: Int
    }

    private let lanes = NIOLockedValueBox<[UInt32: Lane]>([:])
    private let depth: Int

    init(depth: Int) {
        self.depth = depth
    }

    /// Puts a command into its session's lane. Gives the lane's commands when it is new, for somebody to run.
    func put(_ packet: PtpPacket) -> AsyncStream<PtpPacket>? {
        lanes.withLockedValue { lanes in
            if let lane = lanes[packet.sessionID] {
                lanes[packet.sessionID]?.count += 1
                lane.packets.yield(packet)
                return nil
            }
            let (packets, continuation) = AsyncStream.makeStream(
                of: PtpPacket.self, bufferingPolicy: .bufferingOldest(depth))
            lanes[packet.sessionID] = Lane(packets: continuation, count: 1)
            continuation.yield(packet)
            return packets
        }
    }

    /// A command of the session was answered: an empty lane ends.
    func finished(_ session: UInt32) {
        lanes.withLockedValue { lanes in
            lanes[session]?.count -= 1
            guard let lane = lanes[session], lane.count == 0 else { return }
            lane.packets.finish()
            lanes[session] = nil
        }
    }

    /// No more commands come.
    func finish() {
        lanes.withLockedValue { lanes in
            for lane in lanes.values { lane.packets.finish() }
        }
    }
}
