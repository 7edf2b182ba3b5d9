import FleetModel
import PacketProtocol
import Trigger

/// Releasing the armed bodies of a shot at one time.
extension GroupReleases {
    /// How long it takes to send every body its release, also on a machine with much to do, and a little more for each: in
    /// nanoseconds. A body that is sent it too late is released late.
    private static let sendingTime: Int64 = 40_000_000
    private static let sendingTimeOfABody: Int64 = 500_000
    /// By how much less a time that a client gives may be kept, so that one who was told how soon it can be is in time.
    private static let grace: Int64 = 5_000_000
    /// How long before its time a body is sent its release, beside what it needs before: in nanoseconds.
    private static let ahead: Int64 = 500_000_000
    /// The farthest time, from now, and the greatest offset.
    private static let farthest: Int64 = 86_400_000_000_000
    static let greatestOffset: Int64 = 3_600_000_000_000
    /// How often a body is sent its release again whose thread came to it when the time was over.
    private static let attempts = 3

    /// FIRE_GROUP: gives the shot once every body was released, or was not. `offsets` are of bodies, in nanoseconds; one that
    /// is given none has its own.
    ///
    /// Throws Invalid_Parameter for a shot that is not armed and for a time that cannot be kept; Transaction_Cancelled when
    /// it was called off in time.
    func fire(
        _ shot: GroupShot, at: Int64?, offsets: [ObjectIdentifier: Int64], for client: ClientID,
        unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        let own = shot.parts.map { offsets[ObjectIdentifier($0.body)] ?? $0.body.info.releaseOffset ?? 0 }
        let times = ReleaseTimes(of: shot, offsets: own)
        let deadline: Int64
        if let at {
            let (time, isFar) = at.subtractingReportingOverflow(times.wallTime)
            guard !isFar, time >= times.soonest - Self.grace, time - times.now <= Self.farthest else {
                throw Self.untimely(at, soonest: times.soonest + times.wallTime, isFar: !isFar && time > times.now)
            }
            deadline = time
        } else {
            deadline = times.soonest
        }
        return try await release(shot, at: deadline, times, for: client, ownedBy: client, unless: isEnded)
    }

    /// The same with each body's own offset, at a time in nanoseconds of CLOCK_MONOTONIC or as soon after it as can be; gives that time.
    func fire(
        _ shot: GroupShot, notBefore due: Int64, for client: ClientID, ownedBy owner: ClientID
    ) async throws(FleetError) -> Int64 {
        let times = ReleaseTimes(of: shot, offsets: shot.parts.map { $0.body.info.releaseOffset ?? 0 })
        let deadline = max(due, times.soonest)
        _ = try await release(shot, at: deadline, times, for: client, ownedBy: owner) { false }
        return deadline
    }

    /// What the time of a shot depends on: times in nanoseconds of CLOCK_MONOTONIC.
    private struct ReleaseTimes {
        let now = MonotonicTime.now()
        /// One relation of the two clocks for the whole shot: setting the time of day changes nothing any more.
        let wallTime: Int64
        /// How long before its time a body has to be sent its release, at most.
        let lead: Int64
        /// By how much later than the shot's time each of its parts is released.
        let offsets: [Int64]
        /// The least offset of an armed body: one that is released before the shot's time has less than zero.
        let firstOffset: Int64
        /// The soonest time that the shot can have. That is never over, also where every body is released later.
        let soonest: Int64

        init(of shot: GroupShot, offsets: [Int64]) {
            let armed = zip(shot.parts, offsets).filter(\.0.isArmed)
            wallTime = MonotonicTime.wallTimeAhead()
            lead = armed.compactMap { $0.0.armed?.lead }.max() ?? 0
            self.offsets = offsets
            firstOffset = armed.map(\.1).min() ?? 0
            soonest =
                now + lead + GroupReleases.sendingTime + GroupReleases.sendingTimeOfABody * Int64(armed.count)
                - min(0, firstOffset)
        }
    }

    private func release(
        _ shot: GroupShot, at deadline: Int64, _ times: ReleaseTimes, for client: ClientID, ownedBy owner: ClientID,
        unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        let first = deadline + times.firstOffset - times.lead
        let armed = shot.parts.filter(\.isArmed)
        guard
            shot.beginFiring(by: owner, at: deadline + times.wallTime, commitment: first - Self.grace)
        else {
            throw FleetError(
                .invalidParameter, "The shot \(shot.number) is not armed any more: a shot fires once.")
        }
        for (part, offset) in zip(shot.parts, times.offsets) { part.delay(by: offset) }
        if isEnded() { _ = shot.callOff(Self.ended, by: times.now) }
        await wait(shot, until: first - Self.ahead)
        if Task.isCancelled { _ = shot.callOff(Self.ended, by: MonotonicTime.now()) }
        guard shot.calledOff == nil else { return try await abandoned(shot) }
        let flashes = scheduleFlashes(of: shot, at: deadline)
        let released = Outcome<Void>()
        // Not in the client's task, which is cancelled with its connection: by then some bodies may be released.
        let isBegun = chores.add {
            await withTaskExecutorPreference(EventLoopExecutor.commands) {
                await withDiscardingTaskGroup { group in
                    for part in armed {
                        group.addTask { await self.release(part, of: shot, at: deadline, times.wallTime, for: client) }
                    }
                }
            }
            released.become(.success(()))
        }
        if !isBegun {
            for part in armed { part.fail(Self.ended) }
            released.become(.success(()))
        }
        try await released.value()
        if shot.calledOff != nil, !shot.parts.contains(where: { $0.camera.state == .released }) {
            return try await abandoned(shot)
        }
        shot.becomeFired(at: deadline + times.wallTime)
        let fired = shot.shot
        guard fired.cameras.contains(where: { $0.state == .released }) else {
            for flash in flashes { flash.cancel() }
            return await end(shot)
        }
        await keep(fired)
        let limit = MonotonicTime.now() + Int64(limits.imageTime / .nanoseconds(1))
        if !chores.add({ await self.awaitImages(of: shot, until: limit) }) {
            await end(shot)
        }
        return shot.shot
    }

    /// Before bodies are armed for it: whether a time may be kept at all.
    ///
    /// Throws Invalid_Parameter.
    func requireTimely(_ at: Int64) throws(FleetError) {
        let soonest = WallClock.now() + Self.sendingTime
        let (distance, isOver) = at.subtractingReportingOverflow(soonest)
        guard !isOver, 0...Self.farthest ~= distance else {
            throw Self.untimely(at, soonest: soonest, isFar: !isOver && distance > 0)
        }
    }

    private static func untimely(_ at: Int64, soonest: Int64, isFar: Bool) -> FleetError {
        let distance = at.subtractingReportingOverflow(soonest)
        guard !isFar || !distance.overflow && distance.partialValue < farthest else {
            return FleetError(.invalidParameter, "at is more than a day from now.")
        }
        return FleetError(
            .invalidParameter,
            "at is over, or sooner than the bodies can be released: \(soonest) is the soonest now, in nanoseconds since 1970."
        )
    }

    /// Waits, unless the shot is called off.
    private func wait(_ shot: GroupShot, until time: Int64) async {
        while shot.calledOff == nil {
            let rest = time - MonotonicTime.now()
            guard rest > 0, !Task.isCancelled else { return }
            await shot.news.wait(for: .nanoseconds(rest))
        }
    }

    private func abandoned(_ shot: GroupShot) async throws(FleetError) -> Shot {
        let reason = shot.calledOff ?? Self.ended
        await giveUp(shot, reason)
        throw reason
    }

    /// Sends one body its release, and takes what it says. Where its thread was busy until its time was over nothing was
    /// released, and it is released late rather than not at all.
    private func release(
        _ part: ShotPart, of shot: GroupShot, at time: Int64, _ wallTime: Int64, for client: ClientID
    ) async {
        let due = time + (part.camera.offset ?? 0)
        let lead = part.armed?.lead ?? 0
        shot.onCallingOff { part.look() }
        await part.wait(until: due - lead - Self.ahead) { shot.calledOff != nil }
        if let reason = shot.calledOff ?? (Task.isCancelled ? Self.ended : nil) {
            part.fail(reason)
            part.body.seat.leave(part)
            return await undo(part)
        }
        if let refusal = part.body.face.refusal(for: client) {
            part.fail(refusal)
            part.body.seat.leave(part)
            return await undo(part)
        }
        guard part.beginFire(at: due) else { return }
        part.body.seat.collect(for: part)
        await fire(part, of: shot, at: due, lead: lead, wallTime)
        await part.body.endRelease()
    }

    private func fire(_ part: ShotPart, of shot: GroupShot, at due: Int64, lead: Int64, _ wallTime: Int64) async {
        var deadline = due
        for attempt in 1...Self.attempts {
            do throws(FleetError) {
                let limit = Duration.nanoseconds(max(0, deadline - MonotonicTime.now())) + limits.releaseTime
                guard
                    let (link, transaction) = await part.body.beginRelease(
                        FireArguments(deadline: deadline), limit: limit)
                else { throw FleetError(.cameraFault, "The body's driver ended before the release.") }
                shot.onCallingOff { link.cancel(transaction.id) }
                let fired = try PacketJSON.decode(FiredBody.self, from: try await transaction.answer.result().json)
                part.release(
                    at: fired.releasedAtMonotonic + wallTime,
                    isLate: fired.releasedAtMonotonic - due > Int64(limits.lateRelease / .nanoseconds(1)),
                    error: fired.error)
                return part.body.seat.leave(part)
            } catch {
                let isOver = error.kind == .invalidParameter && MonotonicTime.now() >= deadline - lead
                if isOver, attempt < Self.attempts, shot.calledOff == nil {
                    deadline = MonotonicTime.now() + lead + Self.sendingTime
                    continue
                }
                part.failFire(isOver ? FleetError(.deviceBusy, Self.busyWords(part.body)) : error)
                part.body.seat.stopCollecting(for: part)
                part.body.seat.leave(part)
                _ = chores.add { await self.undo(part) }
                return
            }
        }
    }

    private static func busyWords(_ body: CameraBody) -> String {
        "\(body.info.name) was busy with something else at its time, and after it: it was not released."
    }

    /// Waits for what the bodies bring, and ends the shot.
    private func awaitImages(of shot: GroupShot, until limit: Int64) async {
        await withDiscardingTaskGroup { group in
            for part in shot.parts where part.camera.state == .released {
                group.addTask { await part.awaitImages(until: limit) }
            }
        }
        await end(shot)
    }
}
