import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// Shots that the server does not release: a box, a line or a finger does.
extension GroupReleases {
    /// COLLECT_GROUP: the images that come within a time, in seconds, as one shot. `pulse` is given once the bodies are
    /// watched, where one of them is; when it fails the shot is over.
    ///
    /// Throws Transaction_Cancelled when the client is gone.
    func collect(
        _ bodies: [CameraBody], within seconds: Double, savesImages: Bool, pulse: ReleasePulse?, for client: ClientID,
        unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        try ingest.requireRoom(for: bodies, isAsked: savesImages)
        let shot = begin(bodies, for: client, savesImages: savesImages)
        let start = MonotonicTime.now()
        let time = WallClock.now()
        shot.beginUnarmed(at: time)
        for part in shot.parts { watch(part, for: client) }
        let outcome = NIOLockedValueBox<Result<Int64, FleetError>?>(nil)
        await withDiscardingTaskGroup { group in
            if let pulse, !isEnded(), shot.parts.contains(where: { $0.camera.state == .released }) {
                group.addTask { await self.give(pulse, for: shot, outcome) }
            }
            await keep(shot.shot)
            let end = start + Int64(seconds * 1e9)
            while !isEnded(), shot.calledOff == nil, !Self.hasFailed(outcome), !Task.isCancelled {
                let rest = end - MonotonicTime.now()
                guard rest > 0 else { break }
                await shot.news.wait(for: .nanoseconds(rest))
            }
            group.cancelAll()
        }
        if let reason = shot.calledOff ?? (isEnded() ? Self.ended : nil) {
            for part in shot.parts { part.end(reason) }
            await settle(shot, at: time)
            throw reason
        }
        switch outcome.withLockedValue({ $0 }) {
        case .success(let given): return await settle(shot, at: time + given - start)
        case .failure(let error) where !Task.isCancelled:
            for part in shot.parts { part.failCollecting(error) }
            return await settle(shot, at: time)
        default: return await settle(shot, at: time)
        }
    }

    private func give(
        _ pulse: ReleasePulse, for shot: GroupShot, _ outcome: NIOLockedValueBox<Result<Int64, FleetError>?>
    ) async {
        do throws(FleetError) {
            let time = try await give(pulse)
            outcome.withLockedValue { $0 = .success(time) }
        } catch {
            outcome.withLockedValue { $0 = .failure(error) }
            shot.news.announce()
        }
    }

    private static func hasFailed(_ outcome: NIOLockedValueBox<Result<Int64, FleetError>?>) -> Bool {
        if case .failure = outcome.withLockedValue({ $0 }) { return true }
        return false
    }

    private func watch(_ part: ShotPart, for client: ClientID) {
        let body = part.body
        if let refusal = body.face.refusal(for: client) ?? body.refusal { return part.fail(refusal) }
        if let other = body.seat.watch(part, leavesRest: true) {
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
