import NIOConcurrencyHelpers
import PacketProtocol

/// The lanes in which each session's commands run in the order sent. A lane is there while a command of its session runs,
/// and holds those that wait for it: no more of them than may be in flight.
final class Lanes: Sendable {
    private let lanes = NIOLockedValueBox<[UInt32: [PtpPacket]]>([:])
    private let begin: @Sendable (PtpPacket) -> Void

    /// `begin` is told of each command whose turn comes, before anybody can look for it among the waiting in vain.
    init(begin: @escaping @Sendable (PtpPacket) -> Void) {
        self.begin = begin
    }

    /// Puts a command into its session's lane. True when the lane is new: then the command is to be run now, and whoever
    /// runs it goes on with `next`.
    func put(_ packet: PtpPacket) -> Bool {
        lanes.withLockedValue { lanes in
            guard lanes[packet.sessionID] == nil else {
                lanes[packet.sessionID]?.append(packet)
                return false
            }
            lanes[packet.sessionID] = []
            begin(packet)
            return true
        }
    }

    /// A command of the session was answered: the next one, or nil, and then the lane is gone.
    func next(of session: UInt32) -> PtpPacket? {
        lanes.withLockedValue { lanes in
            guard let lane = lanes[session], !lane.isEmpty else {
                lanes[session] = nil
                return nil
            }
            let packet = lane[0]
            lanes[session]?.removeFirst()
            begin(packet)
            return packet
        }
    }

    /// Takes out the waiting commands of a transaction.
    func remove(_ transaction: UInt32, of session: UInt32) -> [PtpPacket] {
        lanes.withLockedValue { lanes in
            let removed = lanes[session]?.filter { $0.transactionID == transaction } ?? []
            lanes[session]?.removeAll { $0.transactionID == transaction }
            return removed
        }
    }
}
