import FleetModel
import PacketClient
import PacketProtocol

/// Saves the images of shots, those of each body in a folder of its own.
struct ShotSaving: Sendable {
    /// Where; nil where nothing is saved.
    let folder: String?
    /// Whether each file is told.
    let prints: Bool
    private let progress = ProgressBar()

    init(folder: String?, prints: Bool) {
        self.folder = folder
        self.prints = prints
    }

    /// Saves what a shot brought, of all bodies side by side; gives what each brought.
    func save(_ shot: Shot, _ names: CameraNames, on connection: FleetConnection) async throws -> [ShootOutcome] {
        try await sideBySide(shot.cameras) { camera in
            try await save(camera, names[camera.id], on: connection)
        }
    }

    private func save(
        _ camera: ShotCamera, _ name: String, on connection: FleetConnection
    ) async throws -> ShootOutcome {
        var outcome = ShootOutcome(id: camera.id, cameraNumber: camera.cameraNumber, name: name, error: camera.error)
        guard let folder else {
            outcome.images = camera.images.map { ShootImage($0.captured, saved: nil) }
            return outcome
        }
        guard !camera.images.isEmpty else { return outcome }
        do throws(FleetClientError) {
            let session = try await connection.openSession(on: .named(camera.id.rawValue))
            let place = "\(folder)/\(ShootOutcome.folder(of: session.camera))"
            for image in camera.images {
                let saved = try await session.download(
                    ObjectArguments(folder: image.folder, name: image.name), into: place,
                    expecting: progress.expect, progress: progress.follower())
                outcome.images.append(ShootImage(image.captured, saved: saved))
                guard prints else { continue }
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

extension ShotImage {
    /// The image by itself.
    fileprivate var captured: CapturedImage {
        CapturedImage(folder: folder, name: name, size: size, sha256: sha256, savedAs: savedAs)
    }
}
