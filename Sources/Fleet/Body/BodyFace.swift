import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// CAMERA_INFO of one body, to be read from anywhere, and its lock. Every change is told in the order in which it was made.
final class BodyFace: Sendable {
    private struct Lock {
        let number: UInt64
        let session: UInt32
        let client: ClientID
        let until: NIODeadline
        let timer: Scheduled<Void>
    }

    private struct State {
        var info: CameraInfo
        /// Whether camera_attached was told, and not camera_detached since.
        var isAnnounced = false
        var lock: Lock?
        var locks: UInt64 = 0
        var clockToldAt = WallClock.now()
    }

    private let state: NIOLockedValueBox<State>
    private let events: EventFeed

    init(_ info: CameraInfo, events: EventFeed) {
        state = NIOLockedValueBox(State(info: info))
        self.events = events
    }

    /// The body as everybody sees it now.
    var info: CameraInfo { state.withLockedValue { $0.info } }

    /// When the body told last what its clock shows, where it does not tell whenever it is asked: in nanoseconds since 1970.
    var clockToldAt: Int64 { state.withLockedValue { $0.clockToldAt } }

    /// The body told at that time, in nanoseconds since 1970, what its clock shows.
    func noteClock(at time: Int64) {
        state.withLockedValue { $0.clockToldAt = time }
    }

    /// Tells something that is no change of what everybody sees.
    func tell(_ event: FleetEvent) {
        events.publish(event)
    }

    /// Makes a change that nobody is told.
    func note(_ make: (inout CameraInfo) -> Void) {
        state.withLockedValue { make(&$0.info) }
    }

    /// Makes a change and tells what it was: attached, detached, or any other change of state.
    func change(_ make: (inout CameraInfo) -> Void) {
        state.withLockedValue { change(&$0, make) }
    }

    private func change(_ state: inout State, _ make: (inout CameraInfo) -> Void) {
        let before = state.info
        make(&state.info)
        let after = state.info
        guard before != after else { return }
        // Under the lock, so that two changes are told in their order; handing over never waits.
        if after.state == .ready, !state.isAnnounced {
            state.isAnnounced = true
            events.publish(.cameraAttached(after))
        } else if after.state == .unplugged, before.state != .unplugged, state.isAnnounced {
            state.isAnnounced = false
            events.publish(.cameraDetached(after))
        } else {
            events.publish(.cameraState(after))
        }
    }

    // MARK: The lock

    /// Refuses what only the holder of the lock may do, and other sessions of its connection.
    ///
    /// Throws Device_Busy.
    func requireAccess(for client: ClientID) throws(FleetError) {
        if let refusal = refusal(for: client) { throw refusal }
    }

    /// Why a client may not touch the body now; nil while it may.
    func refusal(for client: ClientID) -> FleetError? {
        state.withLockedValue { Self.refusal(of: $0, for: client) }
    }

    private static func refusal(of state: State, for client: ClientID) -> FleetError? {
        guard let lock = state.lock, lock.client != client else { return nil }
        return FleetError(
            .deviceBusy, "\(state.info.name) is locked by session \(lock.session); wait until it is unlocked.")
    }

    /// LOCK_CAMERA: gives when the lock ends by itself, in nanoseconds since 1970.
    ///
    /// Throws Device_Busy.
    func lock(session: UInt32, client: ClientID, for time: Duration) throws(FleetError) -> Int64 {
        let until = WallClock.now() + Int64(time / .nanoseconds(1))
        let refusal = state.withLockedValue { state -> FleetError? in
            if let refusal = Self.refusal(of: state, for: client) { return refusal }
            state.lock?.timer.cancel()
            state.locks += 1
            let number = state.locks
            let until = NIODeadline.now() + TimeAmount(time)
            let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(deadline: until) { [weak self] in
                guard let self else { return }
                unlock { $0.number == number }
            }
            state.lock = Lock(number: number, session: session, client: client, until: until, timer: timer)
            change(&state) { $0.lockedBy = session }
            return nil
        }
        if let refusal { throw refusal }
        return until
    }

    /// UNLOCK_CAMERA, of what is locked or not.
    ///
    /// Throws Device_Busy for another's lock.
    func unlock(client: ClientID) throws(FleetError) {
        try requireAccess(for: client)
        unlock { $0.client == client }
    }

    /// The end of a session.
    func unlock(session: UInt32) {
        unlock { $0.session == session }
    }

    private func unlock(where matches: (Lock) -> Bool) {
        state.withLockedValue { state in
            guard let lock = state.lock, matches(lock) else { return }
            lock.timer.cancel()
            state.lock = nil
            change(&state) { $0.lockedBy = nil }
        }
    }

    /// The body turned out to be this one; a lock of the former is one of this.
    func takeLock(from other: BodyFace) {
        let lock = other.state.withLockedValue { state in
            defer { state.lock = nil }
            state.lock?.timer.cancel()
            return state.lock
        }
        guard let lock else { return }
        let rest = Duration.nanoseconds((lock.until - .now()).nanoseconds)
        guard rest > .zero else { return }
        // Where this one is locked already, that lock stays.
        _ = try? self.lock(session: lock.session, client: lock.client, for: rest)
    }
}

/// A client's connection: what its sessions have in common.
public struct ClientID: Hashable, Sendable {
    private static let last = NIOLockedValueBox<UInt64>(0)
    private let number: UInt64

    /// One that no other connection has.
    public init() {
        number = Self.last.withLockedValue { last in
            last += 1
            return last
        }
    }
}
