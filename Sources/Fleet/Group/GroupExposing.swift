import FleetModel
import PacketProtocol

/// Shots whose bodies expose for a given time: each opens its shutter as soon as it can, since libgphoto2 has no way to have
/// that prepared.
extension GroupReleases {
    /// Exposes bodies for so many seconds, all at once; gives the shot when all have brought their images, or will not.
    ///
    /// Throws Transaction_Cancelled when it was called off before a body had brought its image.
    func expose(
        _ bodies: [CameraBody], for seconds: Double, refusals: [ObjectIdentifier: FleetError],
        savesImages: Bool, by client: ClientID, ownedBy owner: ClientID, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> GroupShot {
        try ingest.requireRoom(for: bodies, isAsked: savesImages)
        let shot = begin(bodies, for: owner, savesImages: savesImages)
        await keep(shot.shot)
        if isEnded() { _ = shot.callOff(Self.ended, by: 0) }
        let start = WallClock.now()
        shot.beginUnarmed(at: start)
        await withDiscardingTaskGroup { group in
            for part in shot.parts {
                if let refusal = refusals[ObjectIdentifier(part.body)] {
                    part.fail(refusal)
                } else {
                    group.addTask { await self.expose(part, of: shot, for: seconds, by: client) }
                }
            }
        }
        shot.becomeFired(at: start)
        for part in shot.parts { await part.awaitImages(until: 0) }
        let isComplete = shot.parts.contains { $0.camera.state == .complete }
        // The next one does not wait until this one's images are saved.
        if !chores.add({ await self.end(shot) }) { await end(shot) }
        if let reason = shot.calledOff, !isComplete { throw reason }
        return shot
    }

    private func expose(_ part: ShotPart, of shot: GroupShot, for seconds: Double, by client: ClientID) async {
        let body = part.body
        if let refusal = body.face.refusal(for: client) ?? body.refusal ?? body.notYetReady {
            return part.fail(refusal)
        }
        guard body.info.can.contains(.bulb) else {
            return part.fail(
                FleetError(
                    .operationNotSupported, "\(body.info.name) cannot expose for a given time through its driver."))
        }
        if let other = body.seat.watch(part, leavesRest: false) {
            return part.fail(FleetError(.deviceBusy, "\(body.info.name) is taken by shot \(other) now."))
        }
        let key = WorkKey(session: 0, shot: shot.number)
        let isOurs: @Sendable (WorkKey) -> Bool = { $0 == key }
        shot.onCallingOff { [chores] in
            _ = chores.add { await body.cancel(where: isOurs) }
        }
        var work = BodyWork(
            .captureImage, CaptureImageArguments(bulbSeconds: seconds), limit: limits.commandTime + .seconds(seconds))
        work.occupies = true
        work.toucher = client
        do throws(FleetError) {
            let answer = try await perform(work, on: body, for: key, waiting: limits.armingTime) {
                shot.calledOff != nil
            }
            let captured = try PacketJSON.decode(CapturedImages.self, from: answer.json)
            part.release(at: captured.releasedAt ?? WallClock.now(), isLate: false, error: nil)
            part.bring(captured.images)
        } catch {
            part.fail(error)
            await body.waitUntilSettled(where: isOurs)
        }
        body.seat.leave(part)
    }
}
