import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// START_GROUP_SEQUENCE: shots of several bodies at an interval, until as many brought images as were asked for, it is
/// stopped, the client that started it is gone, or every body says that no more will come.
///
/// Shot k is due at t0 + k · interval, where t0 is the first release, however long each takes. A beat that was missed
/// altogether is not made up for, and one that brought nothing is tried again at the next.
final class GroupSequence: Sendable {
    private struct State {
        var taken = 0
        /// Whether those who listen know that it is over.
        var isEndTold = false
        /// When it was stopped, in nanoseconds of CLOCK_MONOTONIC; nil while it was not.
        var stopped: Int64?
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// How long arming took last, in nanoseconds.
        var armingTime: Int64 = 0
        /// How many beats one after the other brought nothing.
        var failures = 0
    }

    /// What is to be done.
    struct Plan: Sendable {
        let bodies: [CameraBody]
        let count: Int
        let interval: Duration
        /// How long each shot exposes, in seconds; nil for the time that the bodies are set to.
        let bulbSeconds: Double?
        let bracketing: Bracketing?
        /// Whether the images are saved on the server.
        let savesImages: Bool
        /// Who started it, and whether it goes on when that client is gone.
        let client: ClientID
        let outlivesClient: Bool
    }

    let id: UInt64
    let plan: Plan
    /// Whose its shots are.
    private let owner = ClientID()
    private let groups: GroupReleases
    private let news = Announcement()
    private let state = NIOLockedValueBox(State())

    private static let stopped = FleetError(.transactionCancelled, "The sequence was stopped.")
    /// How long a shot that was released may bring images after the stop, so that it is counted.
    private static let stopPatience: Int64 = 2_000_000_000
    /// How long before its time a shot is armed: twice what arming took last, and so much more, and no more than that.
    private static let leastLead: Int64 = 500_000_000
    private static let greatestLead: Int64 = 10_000_000_000
    /// How long bodies that could not are left alone at least: twice as long each time, up to a minute.
    private static let failurePause: Int64 = 1_000_000_000
    private static let greatestFailurePause: Int64 = 60_000_000_000

    init(id: UInt64, plan: Plan, groups: GroupReleases) {
        self.id = id
        self.plan = plan
        self.groups = groups
    }

    /// Whether nothing comes of it any more.
    var isFinished: Bool { state.withLockedValue { $0.isFinished } }

    /// Runs to its end.
    func run() async {
        await shots()
        await plan.bracketing?.restore()
        tell(nil, nil, isEnd: true)
        let waiters = state.withLockedValue { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends it; gives how many were taken once nothing is released any more.
    func stop() async -> Int {
        state.withLockedValue { $0.stopped = $0.stopped ?? MonotonicTime.now() }
        news.announce()
        await groups.end(of: owner, Self.stopped)
        await withCheckedContinuation { continuation in
            let isFinished = state.withLockedValue { state in
                if !state.isFinished { state.waiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
        return state.withLockedValue { $0.taken }
    }

    private var isStopped: Bool { Task.isCancelled || state.withLockedValue { $0.stopped != nil } }
    private var taken: Int { state.withLockedValue { $0.taken } }

    // MARK: Shots

    private func shots() async {
        let beats = Beats(interval: Int64(plan.interval / .nanoseconds(1)))
        var due = MonotonicTime.now()
        while taken < plan.count {
            let lead = state.withLockedValue { min(2 * $0.armingTime + Self.leastLead, Self.greatestLead) }
            await wait(until: due - lead)
            guard !isStopped else { return }
            do throws(FleetError) {
                let (shot, released) = try await shoot(at: due)
                let now = MonotonicTime.now()
                if let failure = Self.failure(of: shot) {
                    let isFinal = Self.isFinal(shot)
                    tell(shot.number, failure, isEnd: isFinal)
                    guard !isFinal else { return }
                    due = beats.next(after: due, notBefore: now + pause())
                } else {
                    let isLast = state.withLockedValue { state in
                        state.taken += 1
                        state.failures = 0
                        return state.taken >= plan.count
                    }
                    tell(shot.number, nil, isEnd: isLast)
                    due = beats.next(after: taken == 1 ? released : due, now: now)
                }
            } catch {
                guard !isStopped else { return }
                tell(nil, error, isEnd: error.endsSequences)
                guard !error.endsSequences else { return }
                due = beats.next(after: due, notBefore: MonotonicTime.now() + pause())
            }
        }
    }

    /// Takes one; gives it when it is over, and when it was released in nanoseconds of CLOCK_MONOTONIC.
    private func shoot(at due: Int64) async throws(FleetError) -> (shot: Shot, released: Int64) {
        let refusals = await plan.bracketing?.set(forShot: taken) ?? [:]
        if let seconds = plan.bulbSeconds {
            await wait(until: due)
            let start = MonotonicTime.now()
            let shot = try await groups.expose(
                plan.bodies, for: seconds, refusals: refusals, savesImages: plan.savesImages, by: plan.client,
                ownedBy: owner,
                unless: { [self] in isStopped })
            return (await end(of: shot), start)
        }
        let start = MonotonicTime.now()
        let shot = try await groups.arm(
            plan.bodies, requireAll: false, for: plan.client, ownedBy: owner, refusals: refusals,
            savesImages: plan.savesImages,
            unless: { [self] in isStopped })
        state.withLockedValue { $0.armingTime = MonotonicTime.now() - start }
        guard shot.phase == .armed else { return (await shot.waitUntilOver(), due) }
        let released: Int64
        do throws(FleetError) {
            released = try await groups.fire(shot, notBefore: due, for: plan.client, ownedBy: owner)
        } catch {
            await groups.callOff(shot, error)
            throw error
        }
        return (await end(of: shot), released)
    }

    /// The shot when it is over, or what it is a while after the stop.
    private func end(of shot: GroupShot) async -> Shot {
        shot.onOver { [news] in news.announce() }
        while shot.phase != .over {
            let rest = state.withLockedValue { state in
                state.stopped.map { $0 + Self.stopPatience - MonotonicTime.now() } ?? Self.greatestLead
            }
            guard rest > 0, !Task.isCancelled else { break }
            await news.wait(for: .nanoseconds(rest))
        }
        return shot.shot
    }

    /// Waits, unless it is stopped.
    private func wait(until time: Int64) async {
        while !isStopped {
            let rest = time - MonotonicTime.now()
            guard rest > 0 else { return }
            await news.wait(for: .nanoseconds(rest))
        }
    }

    /// How long the bodies are left alone after a beat that brought nothing.
    private func pause() -> Int64 {
        let failures = state.withLockedValue { state in
            defer { state.failures += 1 }
            return state.failures
        }
        return min(Self.failurePause << min(failures, 6), Self.greatestFailurePause)
    }

    // MARK: What becomes of them

    /// Why a shot brought nothing; nil where a body brought its image.
    private static func failure(of shot: Shot) -> FleetError? {
        guard !shot.cameras.contains(where: { $0.state == .complete }) else { return nil }
        return shot.cameras.lazy.compactMap(\.error).first?.fleetError
            ?? FleetError(.timedOut, "No body brought an image in time.")
    }

    /// Whether no later shot will fare better without somebody's doing: every body says so.
    private static func isFinal(_ shot: Shot) -> Bool {
        shot.cameras.allSatisfy { $0.error?.fleetError.endsSequences ?? false }
    }

    /// Tells how far it is; that it is over only once.
    private func tell(_ shot: Int64?, _ error: FleetError?, isEnd: Bool) {
        let taken = state.withLockedValue { state -> Int? in
            if isEnd, state.isEndTold { return nil }
            state.isEndTold = isEnd
            return state.taken
        }
        guard let taken else { return }
        groups.events.publish(
            .groupSequenceProgress(
                sequence: id, taken: taken, count: plan.count, shot: shot, error: error.map { ErrorDescription($0) },
                ended: isEnd))
    }
}
