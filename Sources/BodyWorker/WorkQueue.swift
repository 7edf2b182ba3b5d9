import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// A command of the link, waiting for the body's thread.
struct LinkWork: Sendable {
    /// What goes first.
    enum Priority: Int, Comparable, Sendable {
        case release, command, piece, frame

        static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }

        /// The priority that a command of the link has.
        init(code: UInt16) {
            switch code {
            case CommandCode.captureImage.rawValue, CommandCode.triggerCapture.rawValue, LinkCommand.arm.rawValue,
                LinkCommand.fire.rawValue, LinkCommand.disarm.rawValue:
                self = .release
            case LinkCommand.readPiece.rawValue, LinkCommand.storePiece.rawValue, LinkCommand.storeObject.rawValue:
                self = .piece
            case CommandCode.startLiveView.rawValue, CommandCode.stopLiveView.rawValue: self = .frame
            default: self = .command
            }
        }
    }

    let packet: PtpPacket
    let priority: Priority

    init(_ packet: PtpPacket) {
        self.packet = packet
        priority = Priority(code: packet.code)
    }

    var transaction: UInt32 { packet.transactionID }
}

/// The work of one body's thread: the most urgent first, of equals the one that came first. Where pieces and frames wait for
/// each other, they share the thread's time: a piece takes about a millisecond, and a frame as long as the sensor takes. At
/// most `capacity` pieces of work wait; one more is refused with Too_Many. Put by the link's reader, taken by the body's thread.
final class WorkQueue: Sendable {
    private struct State {
        var waiting: [LinkWork] = []
        /// The transaction that runs, and whether it is to stop.
        var running: (transaction: UInt32, priority: LinkWork.Priority, since: Int64)?
        var isStopped = false
        /// How much longer pieces had the thread while frames waited than frames while pieces did, in nanoseconds.
        var lead: Int64 = 0
        /// When the last piece was done, and the last frame.
        var lastPiece: Int64 = 0
        var lastFrame: Int64 = 0
    }

    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let state = NIOLockedValueBox(State())

    /// So much is made up for at most, in nanoseconds.
    private static let longestLead: Int64 = 1_000_000_000
    /// How long after a piece the next one comes, if it is a download that goes on.
    private static let timeOfNextPiece: Int64 = 3_000_000
    /// How long after a frame the next one is asked for, where frames are wanted as fast as they come. It is short: viewers
    /// who want fewer ask later, and a download would wait for nothing.
    private static let timeOfNextFrame: Int64 = 1_000_000

    /// A queue by a clock in nanoseconds.
    init(capacity: Int = 1024, now: @escaping @Sendable () -> Int64 = MonotonicClock.now) {
        self.capacity = capacity
        self.now = now
    }

    /// Puts work; false when the queue is full.
    func put(_ work: LinkWork) -> Bool {
        state.withLockedValue { state in
            guard state.waiting.count < capacity else { return false }
            let place = state.waiting.lastIndex { $0.priority <= work.priority }.map { $0 + 1 } ?? 0
            state.waiting.insert(work, at: place)
            return true
        }
    }

    /// Takes what is most urgent, if there is anything.
    func take() -> LinkWork? {
        let now = now()
        return state.withLockedValue { state in
            state.isStopped = false
            guard !state.waiting.isEmpty else { return nil }
            let work = state.waiting.remove(at: Self.place(of: state))
            state.running = (work.transaction, work.priority, now)
            return work
        }
    }

    /// Where the work waits that is next.
    private static func place(of state: State) -> Int {
        guard state.lead > 0, state.waiting[0].priority == .piece else { return 0 }
        return state.waiting.firstIndex { $0.priority == .frame } ?? 0
    }

    /// The work that was taken last is done.
    func finish() {
        let now = now()
        state.withLockedValue { state in
            guard let (_, priority, since) = state.running else { return }
            state.running = nil
            let time = now - since
            if priority == .piece { state.lastPiece = now }
            if priority == .frame { state.lastFrame = now }
            switch priority {
            case .piece where state.waiting.contains { $0.priority == .frame }:
                state.lead = min(state.lead + time, Self.longestLead)
            case .frame where state.waiting.contains { $0.priority == .piece }:
                state.lead = max(state.lead - time, -Self.longestLead)
            default: break
            }
        }
    }

    /// Whether a piece or frame that is still on its way goes before what waits: the next of those that had the thread for
    /// less long, while the last of them is only just done.
    var awaitsNext: Bool {
        let now = now()
        return state.withLockedValue { state in
            switch state.waiting.first?.priority {
            case .frame: state.lead < 0 && now < state.lastPiece + Self.timeOfNextPiece
            case .piece:
                state.lead > 0 && now < state.lastFrame + Self.timeOfNextFrame
                    && !state.waiting.contains { $0.priority == .frame }
            default: false
            }
        }
    }

    /// Whether nothing waits.
    var isEmpty: Bool { state.withLockedValue { $0.waiting.isEmpty } }

    /// Whether work waits that is at least so urgent.
    func hasWork(_ priority: LinkWork.Priority) -> Bool {
        state.withLockedValue { $0.waiting.first.map { $0.priority <= priority } ?? false }
    }

    /// The first of the commands of that code that wait.
    func waiting(_ command: LinkCommand) -> LinkWork? {
        state.withLockedValue { state in
            state.waiting.first { $0.packet.code == command.rawValue }
        }
    }

    /// Puts the work that runs back, ahead of what is as urgent; false where it is to stop.
    func giveBack(_ work: LinkWork) -> Bool {
        state.withLockedValue { state in
            guard !state.isStopped else { return false }
            state.running = nil
            let place = state.waiting.firstIndex { $0.priority >= work.priority } ?? state.waiting.endIndex
            state.waiting.insert(work, at: place)
            return true
        }
    }

    /// Takes work out that still waits, or asks what runs to stop. Gives the transaction that will not run.
    func cancel(_ transaction: UInt32) -> Bool {
        state.withLockedValue { state in
            if state.running?.transaction == transaction {
                state.isStopped = true
                return false
            }
            let before = state.waiting.count
            state.waiting.removeAll { $0.transaction == transaction }
            return state.waiting.count < before
        }
    }

    /// Whether what runs is to stop.
    var isStopped: Bool { state.withLockedValue { $0.isStopped } }
}
