import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// One shot from its arming to its end: a value of what it is, that its parts fill, and who may still change its course.
final class GroupShot: Sendable {
    /// How far a shot is.
    enum Phase: Sendable {
        /// Its bodies are being armed.
        case arming
        /// They wait for FIRE_GROUP.
        case armed
        /// They wait for the time that FIRE_GROUP gave, or are released.
        case firing
        /// They were released.
        case fired
        /// Nothing more happens.
        case over
    }

    private struct State {
        var phase: Phase
        var owner: ClientID
        var firedAt: Int64?
        /// What gives it up, where something does.
        var calledOff: FleetError?
        /// Until when it can be called off, in nanoseconds of CLOCK_MONOTONIC.
        var commitment: Int64 = .max
        var timer: Scheduled<Void>?
        var cancellations: [@Sendable () -> Void] = []
        /// The shot when it was over.
        var end: Shot?
        /// Whether those who waited for its end know of it.
        var isEndTold = false
        var enders: [@Sendable (Shot) -> Void] = []
        /// Who is told when its bodies bring no more, whether or not their images are saved by then.
        var overs: [@Sendable () -> Void] = []
    }

    let number: Int64
    /// When it was begun, in nanoseconds of CLOCK_MONOTONIC.
    let begun = MonotonicTime.now()
    /// Whether whoever waits for its end waits until its images are saved.
    let savesImages: Bool
    /// The project that was open when it was begun.
    let project: String?
    /// In order of camera_number.
    let parts: [ShotPart]
    /// Told when it is called off.
    let news = Announcement()
    private let state: NIOLockedValueBox<State>

    init(number: Int64, bodies: [CameraBody], owner: ClientID, savesImages: Bool, project: String?) {
        self.number = number
        self.project = project
        self.savesImages = savesImages
        parts = bodies.sorted { $0.info.cameraNumber < $1.info.cameraNumber }
            .map { ShotPart(shot: number, body: $0) }
        state = NIOLockedValueBox(State(phase: .arming, owner: owner))
    }

    /// The shot as it is now.
    var shot: Shot {
        let (phase, firedAt, end) = state.withLockedValue { ($0.phase, $0.firedAt, $0.end) }
        if let end { return end }
        let cameras = parts.map(\.camera)
        var isFired = phase == .fired
        // Of bodies with offsets some are released long before others.
        if phase == .firing { isFired = cameras.contains { $0.state != .armed && $0.state != .failed } }
        var shot = Shot(number: number, state: isFired ? .fired : .armed, cameras: cameras, project: project)
        guard isFired, let firedAt else { return shot }
        shot.firedAt = firedAt
        let lateness = cameras.compactMap { $0.lateness(after: firedAt) }
        if let first = lateness.min(), let last = lateness.max() { shot.spread = last - first }
        return shot
    }

    var phase: Phase { state.withLockedValue { $0.phase } }
    var owner: ClientID { state.withLockedValue { $0.owner } }
    /// What gave it up; nil while nothing did.
    var calledOff: FleetError? { state.withLockedValue { $0.calledOff } }

    // MARK: Its course

    /// Its bodies are armed, as far as they can be. False when it was called off meanwhile.
    func becomeArmed() -> Bool {
        state.withLockedValue { state in
            guard state.phase == .arming, state.calledOff == nil else { return false }
            state.phase = .armed
            return true
        }
    }

    /// Gives it up after a time, unless it is fired before.
    func expire(after time: Duration, _ action: @escaping @Sendable () -> Void) {
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(time), action)
        let isLate = state.withLockedValue { state in
            if state.phase == .armed { state.timer = timer }
            return state.phase != .armed
        }
        if isLate { timer.cancel() }
    }

    /// Its bodies are released without being armed before, from this time on in nanoseconds since 1970.
    func beginUnarmed(at time: Int64) {
        state.withLockedValue { ($0.phase, $0.firedAt) = (.firing, time) }
    }

    /// It is fired, by this client, at a time in nanoseconds since 1970; `commitment` is until when it can be called off. False
    /// where it is armed no more.
    func beginFiring(by client: ClientID, at time: Int64, commitment: Int64) -> Bool {
        let (isFirst, timer) = state.withLockedValue { state -> (Bool, Scheduled<Void>?) in
            guard state.phase == .armed, state.calledOff == nil else { return (false, nil) }
            state.phase = .firing
            state.firedAt = time
            state.owner = client
            state.commitment = commitment
            defer { state.timer = nil }
            return (true, state.timer)
        }
        timer?.cancel()
        return isFirst
    }

    /// Something that calling it off is to do; done at once where it was called off already.
    func onCallingOff(_ action: @escaping @Sendable () -> Void) {
        let isCalledOff = state.withLockedValue { state in
            if state.calledOff == nil { state.cancellations.append(action) }
            return state.calledOff != nil
        }
        if isCalledOff { action() }
    }

    /// Gives it up, if nothing was released yet and there is still time. True where somebody else, who arms or fires, sees
    /// to the rest; nil where it is too late.
    func callOff(_ error: FleetError, by time: Int64) -> Bool? {
        let (isSeenTo, actions, timer) = state.withLockedValue {
            state -> (Bool?, [@Sendable () -> Void], Scheduled<Void>?) in
            guard state.calledOff == nil else { return (nil, [], nil) }
            switch state.phase {
            case .fired, .over: return (nil, [], nil)
            case .firing where time >= state.commitment: return (nil, [], nil)
            case .arming, .armed, .firing: break
            }
            state.calledOff = error
            defer { (state.cancellations, state.timer) = ([], nil) }
            return (state.phase != .armed, state.cancellations, state.timer)
        }
        timer?.cancel()
        for action in actions { action() }
        news.announce()
        return isSeenTo
    }

    /// Every body was released, or was not.
    func becomeFired(at time: Int64) {
        state.withLockedValue { state in
            state.phase = .fired
            state.firedAt = time
            state.cancellations = []
        }
    }

    /// It is over as it is now.
    func becomeOver() -> Shot {
        var shot = self.shot
        shot.state = shot.cameras.allSatisfy { $0.state == .complete } ? .complete : .incomplete
        let (timer, overs) = state.withLockedValue { state in
            state.phase = .over
            state.end = shot
            defer { state.overs = [] }
            return (state.timer, state.overs)
        }
        timer?.cancel()
        for over in overs { over() }
        return shot
    }

    /// Calls `action` when its bodies bring no more, or now if they do not.
    func onOver(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLockedValue { state in
            if state.phase != .over { state.overs.append(action) }
            return state.phase == .over
        }
        if isOver { action() }
    }

    /// Where its images are saved by now, and why others are not.
    func note(_ end: Shot) {
        state.withLockedValue { $0.end = end }
    }

    /// Those who wait for it are told.
    func tellEnd() {
        let enders = state.withLockedValue { state in
            state.isEndTold = true
            defer { state.enders = [] }
            return state.enders
        }
        for ender in enders { ender(shot) }
    }

    /// Calls `action` when it is over and kept, or now if it is.
    func onEnd(_ action: @escaping @Sendable (Shot) -> Void) {
        let isOver = state.withLockedValue { state in
            if !state.isEndTold { state.enders.append(action) }
            return state.isEndTold
        }
        if isOver { action(shot) }
    }

    /// Waits until it is over and kept.
    func waitUntilOver() async -> Shot {
        await withCheckedContinuation { continuation in onEnd { continuation.resume(returning: $0) } }
    }

    /// The same, no longer than somebody is there: the shot goes on.
    func waitUntilOver(or ending: Ending) async throws(FleetError) -> Shot {
        let outcome = Outcome<Shot>()
        onEnd { outcome.become(.success($0)) }
        let listener = ending.whenOver { outcome.become(.failure($0)) }
        defer { ending.forget(listener) }
        return try await outcome.value()
    }
}
