import Archive
import FleetModel

/// The images of shots on their way to the disk.
extension Ingest {
    /// An image of a body in a shot, and what becomes of it.
    struct OfShot: Sendable {
        let camera: BodyID
        let image: ImageFuture
    }

    /// Whether images of a shot are saved.
    func saves(_ shot: GroupShot) -> Bool {
        shot.savesImages || shot.parts.contains { policy.kinds(in: $0.body.info.groups) != .none }
    }

    /// What becomes of a shot's images: of those that are under way or done, and where the shot is to save its images all of them.
    func savings(of shot: GroupShot) -> [OfShot] {
        shot.parts.flatMap { part in
            part.camera.images.compactMap { image in
                let path = ObjectPath(folder: image.folder, name: image.name)
                let future =
                    shot.savesImages
                    ? save(path, of: part.body, since: shot.begun, shot: shot.number)
                    : future(of: path, of: part.body, since: shot.begun)
                return future.map { OfShot(camera: part.camera.id, image: $0) }
            }
        }
    }

    /// A shot once these have come to their end: where each image is, and for a body whose image is not saved the reason.
    func saved(_ shot: Shot, _ savings: [OfShot]) async -> Shot {
        var shot = shot
        for item in savings {
            guard let index = shot.cameras.firstIndex(where: { $0.id == item.camera }) else { continue }
            do throws(FleetError) {
                shot.cameras[index].note(try await value(of: item.image))
            } catch {
                if shot.cameras[index].error == nil { shot.cameras[index].error = ErrorDescription(error) }
            }
        }
        return shot
    }

    /// Shots with what is known of their images by now, which may have been saved after the shot was over.
    func filled(_ shots: [Shot]) async throws(FleetError) -> [Shot] {
        let saved = try await archive.images(ofShots: shots.map(\.number))
        return shots.map { shot in
            var shot = shot
            for image in saved[shot.number] ?? [] {
                guard let index = shot.cameras.firstIndex(where: { $0.id == image.camera }) else { continue }
                shot.cameras[index].note(image)
            }
            return shot
        }
    }
}
