import FleetModel
import PacketProtocol

/// Shots that the server does not release: a box, a line or a finger does.
extension GroupReleases {
    /// COLLECT_GROUP: the images that come within a time, in seconds, as one shot.
    ///
    /// Throws Transaction_Cancelled when the client is gone.
    func collect(
        _ bodies: [CameraBody], within seconds: Double, savesImages: Bool, for client: ClientID,
        unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        try ingest.requireRoom(isAsked: savesImages)
        let shot = begin(bodies, for: client, savesImages: savesImages)
        let start = MonotonicTime.now()
        let time = WallClock.now()
        for part in shot.parts { watch(part, for: client) }
        await keep(shot.shot)
        let end = start + Int64(seconds * 1e9)
        while !isEnded(), shot.calledOff == nil, !Task.isCancelled {
            let rest = end - MonotonicTime.now()
            guard rest > 0 else { break }
            await shot.news.wait(for: .nanoseconds(rest))
        }
        if let reason = shot.calledOff ?? (isEnded() ? Self.ended : nil) {
            for part in shot.parts { part.end(reason) }
            await settle(shot, at: time)
            throw reason
        }
        return await settle(shot, at: time)
    }

    private func watch(_ part: ShotPart, for client: ClientID) {
        let body = part.body
        if let refusal = body.face.refusal(for: client) ?? body.refusal { return part.fail(refusal) }
        if let other = body.seat.watch(part) {
            return part.fail(FleetError(.deviceBusy, "\(body.info.name) is taken by shot \(other) now."))
        }
        part.watch()
    }

    @discardableResult
    private func settle(_ shot: GroupShot, at time: Int64) async -> Shot {
        shot.becomeFired(at: time)
        for part in shot.parts { await part.awaitImages(until: 0) }
        return await end(shot)
    }
}
