import FleetModel
import PacketClient
import PacketProtocol

/// Takes a picture with several bodies in the same instant: what `shoot --all` and `shoot --group` do.
struct ShootTogether: Sendable {
    let target: GroupTarget
    let requireAll: Bool
    let download: String?
    let json: Bool

    /// Arms, releases, and saves what came; whether all of it did.
    func run(on connection: FleetConnection) async throws -> Bool {
        let names = try await CameraNames(in: connection)
        let shot = try await connection.captureGroup(
            CaptureGroupArguments(target: target, requireAll: requireAll ? true : nil))
        if !json { try await Output.shot(shot, names, json: false) }
        let saving = ShotSaving(folder: download, prints: !json)
        let outcomes = try await saving.save(shot, names, on: connection)
        if json { try await Output.json(SavedShot(shot: shot, cameras: outcomes)) }
        try Task.checkCancellation()
        return !shot.isLacking && !outcomes.contains { $0.error != nil }
    }
}

/// The JSON of `shoot --all`.
private struct SavedShot: Encodable {
    var shot: Shot
    var cameras: [ShootOutcome]
}
