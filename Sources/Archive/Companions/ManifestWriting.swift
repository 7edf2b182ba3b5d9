public import FleetModel
import GRDB

/// The manifests of shots, each beside the images of its shot.
///
/// The journal has for each shot where its manifest lies, and since when it is out of date: it is so from the transaction that
/// makes it so to the one after the file is on the disk. So a crash at any point leaves it out of date, and it is written
/// again.
extension ImageArchive {
    /// Where manifests are of shots whose images have no folder in common, within the folder of images.
    private static let folderOfManifests = "shots"

    /// The shots that are over and whose manifest is missing or out of date, in order: so many at most, of those after one.
    public func shotsToDescribe(after number: Int64, limit: Int) async throws(FleetError) -> [Int64] {
        try await Roster.read(database) { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT number FROM shot WHERE manifest_due > 0 AND state NOT IN ('armed', 'fired') AND number > ?
                    ORDER BY number LIMIT ?
                    """, arguments: [number, limit])
        }
    }

    /// Writes the manifest of a shot that has a saved image, whole or not at all. One that lies elsewhere by now is removed.
    ///
    /// Throws Store_Full when the disk is full, General_Error when it fails; the manifest is out of date still.
    public func describe(shot number: Int64) async throws(FleetError) {
        guard let due = try await dueManifest(of: number) else { return }
        if !due.images.isEmpty {
            let path = try await place(of: due)
            let bytes: [UInt8]
            do {
                bytes = try ShotManifest(due.shot, bodies: due.bodies, saved: due.images).bytes()
            } catch {
                throw FleetError(.generalError, "The manifest of shot \(number) cannot be written: \(error).")
            }
            try await onDisk { [folder, folders] files throws(FileFailure) in
                let parent = Self.parent(of: path)
                try folders.make("\(folder)/\(parent)", under: folder, files)
                let draft = "\(folder)/\(Self.draft(of: path))"
                try files.write(bytes, to: draft)
                try files.synchronize(file: draft)
                try files.replace("\(folder)/\(path)", with: draft)
                try files.synchronize(folder: "\(folder)/\(parent)")
            }.orTold()
        }
        // What has changed meanwhile leaves it out of date.
        try await write { database in
            try database.execute(
                sql: "UPDATE shot SET manifest_due = 0 WHERE number = ? AND manifest_due = ?",
                arguments: [number, due.changes])
        }
    }

    private struct DueManifest: Sendable {
        let shot: Shot
        let bodies: [BodyID: ShotBody]
        let images: [SavedImage]
        /// Where it lies, or is to lie, relative to the data folder.
        let place: String?
        let changes: Int64
    }

    private func dueManifest(of number: Int64) async throws(FleetError) -> DueManifest? {
        try await Roster.read(database) { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM shot WHERE number = ?", arguments: [number])
            else { return nil }
            let images = try Row.fetchAll(
                database, sql: "SELECT * FROM image WHERE state = 'saved' AND shot = ? ORDER BY number",
                arguments: [number]
            ).map(ImageRow.saved)
            return DueManifest(
                shot: try ShotArchive.shot(row), bodies: try Self.bodies(of: row, database), images: images,
                place: row["manifest"], changes: row["manifest_due"])
        }
    }

    /// What the bodies of a shot were; of those of which that was not kept, what they are now.
    static func bodies(of row: Row?, _ database: Database) throws -> [BodyID: ShotBody] {
        let now = try RosterRecord.fetchAll(database).entries.map { entry in
            ShotBody(id: entry.id, name: entry.displayName, model: entry.model, serial: entry.serial)
        }
        let kept = row.map(ShotArchive.bodies) ?? []
        return Dictionary((now + kept).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    // MARK: Where it lies

    /// Where the manifest is to lie. The journal has it before the file, so that a file of that name is the manifest.
    private func place(of due: DueManifest) async throws(FleetError) -> String {
        let parent = Self.folder(of: due.images)
        if let place = due.place {
            guard Self.parent(of: place) != parent else { return place }
            try await onDisk { [folder] files throws(FileFailure) in
                for path in [place, Self.draft(of: place)] {
                    do throws(FileFailure) {
                        try files.remove("\(folder)/\(path)")
                        try files.synchronize(folder: "\(folder)/\(Self.parent(of: path))")
                    } catch {
                        guard error.isMissing else { throw error }
                    }
                }
            }.orTold()
        }
        let taken = try await onDisk { [folder] files throws(FileFailure) -> Set<String> in
            do throws(FileFailure) {
                return Set(try files.names(in: "\(folder)/\(parent)"))
            } catch {
                guard error.isMissing else { throw error }
                return []
            }
        }.orTold()
        let number = due.shot.number
        return try await write { database in
            var copy = 1
            var place: String
            repeat {
                place = "\(parent)/\(Self.name(of: number, copy: copy))"
                copy += 1
            } while taken.contains(Self.name(of: number, copy: copy - 1))
            try database.execute(
                sql: "UPDATE shot SET manifest = ? WHERE number = ?", arguments: [place, number])
            return place
        }
    }

    /// The folder that the images have in common, relative to the data folder.
    private static func folder(of images: [SavedImage]) -> String {
        let folders = images.map { parent(of: $0.savedAs).split(separator: "/") }
        guard var common = folders.first else { return imageFolder }
        for folder in folders {
            common = Array(zip(common, folder).prefix { $0 == $1 }.map(\.0))
        }
        // The folder of all images is none that they have in common, unless they lie there.
        guard common.count > 1 || folders.allSatisfy({ $0.count <= 1 }) else {
            return "\(imageFolder)/\(folderOfManifests)"
        }
        return common.joined(separator: "/")
    }

    private static func name(of shot: Int64, copy: Int) -> String {
        let number = String(shot)
        let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
        return "shot-\(padded)\(copy > 1 ? "-\(copy)" : "").json"
    }

    /// Where a file is until it is whole: a name that begins with a dot.
    static func draft(of path: String) -> String {
        "\(parent(of: path))/.\(path.dropFirst(parent(of: path).count + 1))"
    }
}
