public import FleetModel
import GRDB

/// An image whose sidecar is to be written.
public struct ImageToDescribe: Sendable, Hashable {
    /// Names the image.
    public let number: Int64
    /// The shot that it is of.
    public let shot: Int64?
}

/// Sidecars of images: once each, and never over what is there.
extension ImageArchive {
    /// The images whose sidecar was not written and whose shot, if they are of one, is over, in order: so many at most, of
    /// those after one.
    public func imagesToDescribe(after number: Int64, limit: Int) async throws(FleetError) -> [ImageToDescribe] {
        try await Roster.read(database) { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, shot FROM image WHERE sidecar_due > 0 AND state = 'saved' AND number > ?
                        AND (shot IS NULL OR shot NOT IN (SELECT number FROM shot WHERE state IN ('armed', 'fired')))
                    ORDER BY number LIMIT ?
                    """, arguments: [number, limit]
            ).map { ImageToDescribe(number: $0["number"], shot: $0["shot"]) }
        }
    }

    /// Writes the sidecar of an image, whole or not at all; one that is there stays as it is.
    ///
    /// Throws Store_Full when the disk is full, General_Error when it fails; the sidecar is to be written still.
    public func describe(image number: Int64) async throws(FleetError) {
        guard let (image, sidecar) = try await dueSidecar(of: number) else { return }
        let path = Self.sidecar(of: image.savedAs)
        // A RAW and a JPEG share one: neither disturbs the draft of the other.
        let draft = "\(Self.draft(of: path))-\(number)"
        try await onDisk { [folder] files throws(FileFailure) in
            let whole = "\(folder)/\(path)"
            let begun = "\(folder)/\(draft)"
            do throws(FileFailure) {
                try files.write([UInt8](sidecar.text.utf8), to: begun)
                try files.synchronize(file: begun)
                try Self.move(begun, unlessThereIs: whole, files)
                try files.synchronize(folder: Self.parent(of: whole))
            } catch {
                // Somebody has moved the image away.
                guard error.isMissing else { throw error }
            }
        }.orTold()
        try await write { database in
            try database.execute(sql: "UPDATE image SET sidecar_due = 0 WHERE number = ?", arguments: [number])
        }
    }

    private static func move(
        _ draft: String, unlessThereIs path: String, _ files: any FileOperations
    ) throws(FileFailure) {
        do throws(FileFailure) {
            try files.move(draft, to: path)
        } catch {
            guard error.isTaken else { throw error }
            try files.remove(draft)
        }
    }

    private func dueSidecar(of number: Int64) async throws(FleetError) -> (SavedImage, ImageSidecar)? {
        try await Roster.read(database) { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM image WHERE number = ? AND sidecar_due > 0 AND state = 'saved'",
                arguments: [number])
            guard let image = row.map(ImageRow.saved) else { return nil }
            let shotRow = try image.shot.flatMap { shot in
                try Row.fetchOne(database, sql: "SELECT * FROM shot WHERE number = ?", arguments: [shot])
            }
            let body = try Self.bodies(of: shotRow, database)[image.camera]
            let part = try shotRow.map(ShotArchive.shot)?.cameras.first { $0.id == image.camera }
            let entry = try RosterRecord.fetchAll(database).first { $0.id == image.camera }
            return (
                image,
                ImageSidecar(
                    shot: image.shot, project: image.project, cameraNumber: part?.cameraNumber ?? entry?.cameraNumber,
                    name: body?.name, model: body?.model, serial: body?.serial, releasedAt: part?.releasedAt)
            )
        }
    }

    /// The name of an image's sidecar: the image's without its ending, as other programs look for it.
    private static func sidecar(of path: String) -> String {
        let name = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let dot = path[name...].lastIndex(of: ".") ?? path.endIndex
        return "\(path[..<dot]).xmp"
    }
}
