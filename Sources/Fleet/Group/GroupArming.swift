import FleetModel
import NIOCore
import NIOPosix
import PacketProtocol

/// Arming the bodies of a shot, and giving that up.
extension GroupReleases {
    /// For how long a worker holds a body armed: the server sees to it that it is no longer than it should be.
    private static let workerHold = 2 * 86_400.0

    /// Arms bodies, all at once. Where one cannot and all are required, or none can, the shot is given up; those of
    /// `refusals` are not asked. `owner` is whose end gives it up: the client's unless it is said.
    ///
    /// Throws Transaction_Cancelled when it was called off meanwhile, Store_Full where the images could not be saved.
    func arm(
        _ bodies: [CameraBody], requireAll: Bool, for client: ClientID, ownedBy owner: ClientID? = nil,
        refusals: [ObjectIdentifier: FleetError] = [:], savesImages: Bool = false,
        unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> GroupShot {
        try ingest.requireRoom(for: bodies, isAsked: savesImages)
        let shot = begin(bodies, for: owner ?? client, savesImages: savesImages)
        for part in shot.parts { if let refusal = refusals[ObjectIdentifier(part.body)] { part.fail(refusal) } }
        async let kept: Void = keep(shot.shot)
        if isEnded() { _ = shot.callOff(Self.ended, by: 0) }
        await withDiscardingTaskGroup { group in
            for part in shot.parts where part.camera.state == .armed {
                group.addTask { await self.arm(part, of: shot, for: client) }
            }
        }
        await kept
        let missing = shot.parts.first { !$0.isArmed }
        if let reason = shot.calledOff {
            await giveUp(shot, reason)
            throw reason
        }
        if let missing, requireAll || !shot.parts.contains(where: \.isArmed) {
            let name = missing.body.info.name
            let end = FleetError(.transactionCancelled, "\(name) could not be armed: the shot was given up.")
            await giveUp(shot, end)
        } else if shot.becomeArmed() {
            shot.expire(after: limits.armedTime) { [self, limits] in
                let reason = FleetError(
                    .transactionCancelled,
                    "The shot was not fired within \(limits.armedTime.formattedSeconds): it was given up.")
                _ = chores.add { await self.callOff(shot, reason) }
            }
        } else if let reason = shot.calledOff {
            await giveUp(shot, reason)
            throw reason
        }
        return shot
    }

    static let ended = FleetError(.transactionCancelled, "The connection was closed.")

    private func arm(_ part: ShotPart, of shot: GroupShot, for client: ClientID) async {
        let body = part.body
        let info = body.info
        if let refusal = body.face.refusal(for: client) { return part.fail(refusal) }
        if let refusal = body.refusal ?? body.notYetReady { return part.fail(refusal) }
        guard info.can.contains(.arm) else {
            return part.fail(
                FleetError(.operationNotSupported, "\(info.name) cannot be released without waiting for its image."))
        }
        if let other = body.seat.take(part) {
            return part.fail(
                FleetError(.deviceBusy, "\(info.name) is armed for shot \(other); fire or disarm that one first."))
        }
        await stopReading(body)
        await body.seat.waitForFrame(atMost: limits.armingTime)
        let key = WorkKey(session: 0, shot: shot.number)
        shot.onCallingOff { [chores] in
            _ = chores.add { await body.cancel { $0 == key } }
        }
        do throws(FleetError) {
            var work = BodyWork(
                code: LinkCommand.arm.rawValue, ArmArguments(holdSeconds: Self.workerHold, shot: part.shot),
                limit: limits.armingTime)
            work.toucher = client
            let answer = try await perform(work, on: body, for: key, waiting: limits.armingTime) {
                shot.calledOff != nil
            }
            part.arm(try PacketJSON.decode(ArmedBody.self, from: answer.json))
            // It may have been lost before its turn came, and armed in another worker.
            guard part.isArmed else {
                body.seat.leave(part)
                return await undo(part)
            }
            body.seat.endCollecting(before: part)
        } catch {
            part.fail(error)
            body.seat.leave(part)
            // What was under way may have come to its end all the same.
            if error.kind == .timedOut || error.kind == .transactionCancelled || error.kind == .deviceBusy {
                _ = chores.add { await self.undo(part) }
            }
        }
    }

    /// A command of a shot, which waits for its turn only so long.
    func perform(
        _ work: BodyWork, on body: CameraBody, for key: WorkKey, waiting limit: Duration,
        unless isCancelled: @Sendable () -> Bool = { false }
    ) async throws(FleetError) -> LinkAnswer {
        var work = work
        work.priority = .release
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(limit)) { [chores] in
            let error = FleetError(.deviceBusy, "\(body.info.name) was busy for \(limit.formattedSeconds).")
            _ = chores.add { await body.cancel(error, onlyWaiting: true) { $0 == key } }
        }
        defer { timer.cancel() }
        return try await body.perform(work, for: key, unless: isCancelled)
    }

    /// Has the worker let go of a body, unless that is armed for another shot by then. Waits for it no longer than that takes:
    /// a body that is busy lets go when it has done.
    func undo(_ part: ShotPart) async {
        var work = BodyWork(
            code: LinkCommand.disarm.rawValue, DisarmArguments(shot: part.shot), limit: limits.disarmingTime)
        work.priority = .release
        let done = Announcement()
        let isBegun = chores.add { [work] in
            // A body that is gone has let go.
            _ = try? await part.body.perform(work, for: WorkKey(session: 0, transaction: 1, shot: part.shot))
            done.announce()
        }
        // A server that ends ends the workers, which let go.
        if isBegun { await done.wait(for: limits.disarmingTime) }
    }

    // MARK: Giving it up

    /// DISARM_GROUP.
    ///
    /// Throws Invalid_Parameter for a shot that is not armed, or whose release is so near that it cannot be stopped.
    func disarm(_ number: Int64) async throws(FleetError) -> Shot {
        let shot = try requireUnderWay(number)
        guard await callOff(shot, FleetError(.transactionCancelled, "The shot was disarmed: it was given up.")) else {
            throw FleetError(.invalidParameter, "The shot \(number) is released already, or is about to be.")
        }
        return await shot.waitUntilOver()
    }

    /// Gives a shot up that was not released; false where it is too late for that.
    @discardableResult
    func callOff(_ shot: GroupShot, _ reason: FleetError) async -> Bool {
        guard let isSeenTo = shot.callOff(reason, by: MonotonicTime.now()) else { return false }
        if !isSeenTo { await giveUp(shot, reason) }
        return true
    }

    /// Lets go of every body that was not released, and ends the shot.
    @discardableResult
    func giveUp(_ shot: GroupShot, _ reason: FleetError) async -> Shot {
        await withDiscardingTaskGroup { group in
            for part in shot.parts where part.isArmed {
                part.fail(reason)
                group.addTask { await self.undo(part) }
            }
        }
        return await end(shot)
    }
}
