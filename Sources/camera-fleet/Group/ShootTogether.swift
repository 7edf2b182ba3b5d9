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
        let progress = ProgressBar()
        let outcomes = try await sideBySide(shot.cameras) { camera in
            try await save(camera, names[camera.id], on: connection, progress)
        }
        if json { try await Output.json(SavedShot(shot: shot, cameras: outcomes)) }
        try Task.checkCancellation()
        return !shot.isLacking && !outcomes.contains { $0.error != nil }
    }

    private func save(
        _ camera: ShotCamera, _ name: String, on connection: FleetConnection, _ progress: ProgressBar
    ) async throws -> ShootOutcome {
        var outcome = ShootOutcome(id: camera.id, cameraNumber: camera.cameraNumber, name: name, error: camera.error)
        guard let download else {
            outcome.images = camera.images.map { ShootImage($0.captured, saved: nil) }
            return outcome
        }
        guard !camera.images.isEmpty else { return outcome }
        do throws(FleetClientError) {
            let session = try await connection.openSession(on: .named(camera.id.rawValue))
            let folder = "\(download)/\(ShootOutcome.folder(of: session.camera))"
            for image in camera.images {
                let saved = try await session.download(
                    ObjectArguments(folder: image.folder, name: image.name), into: folder,
                    expecting: progress.expect, progress: progress.follower())
                outcome.images.append(ShootImage(image.captured, saved: saved))
                guard !json else { continue }
                progress.clear()
                try? await Output.line(printable("\(name)  \(readableSize(saved.size))  \(saved.path)"))
            }
            try await session.close()
        } catch {
            outcome.error = ErrorDescription(error.fleetError)
            progress.clear()
            if error != .cancelled { Output.complain(printable("\(name): \(error)")) }
        }
        return outcome
    }
}

/// The JSON of `shoot --all`.
private struct SavedShot: Encodable {
    var shot: Shot
    var cameras: [ShootOutcome]
}

extension ShotImage {
    /// The image by itself.
    fileprivate var captured: CapturedImage {
        CapturedImage(folder: folder, name: name, size: size, sha256: sha256, savedAs: savedAs)
    }
}
