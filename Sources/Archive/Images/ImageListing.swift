public import FleetModel
import GRDB

extension ImageArchive {
    /// So many saved images at most, newest first: all of them, or those before one; of a body, a shot or a project
    /// where one is named; of those that bodies told of at `since` or later, and before `until`, in nanoseconds since 1970.
    public func images(
        before number: Int64? = nil, limit: Int, camera: BodyID? = nil, shot: Int64? = nil, project: String? = nil,
        since: Int64? = nil, until: Int64? = nil
    ) async throws(FleetError) -> [SavedImage] {
        try await Roster.read(database) { database in
            var sql = "SELECT * FROM image WHERE state = 'saved' AND number < ?"
            var arguments: StatementArguments = [number ?? .max]
            if let camera {
                sql += " AND body_id = ?"
                arguments += [camera.rawValue]
            }
            if let shot {
                sql += " AND shot = ?"
                arguments += [shot]
            }
            if let project {
                sql += " AND project = ?"
                arguments += [project]
            }
            if let since {
                sql += " AND time >= ?"
                arguments += [since]
            }
            if let until {
                sql += " AND time < ?"
                arguments += [until]
            }
            let rows = try Row.fetchCursor(
                database, sql: sql + " ORDER BY number DESC LIMIT ?", arguments: arguments + [limit])
            return try Array(rows.map(ImageRow.saved))
        }
    }

    /// The saved image of that number; nil where there is none.
    public func image(_ number: Int64) async throws(FleetError) -> SavedImage? {
        try await Roster.read(database) { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM image WHERE state = 'saved' AND number = ?", arguments: [number]
            ).map(ImageRow.saved)
        }
    }

    /// The saved image that has this name, relative to the data folder; nil where there is none.
    public func image(savedAs place: String) async throws(FleetError) -> SavedImage? {
        try await Roster.read(database) { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM image WHERE state = 'saved' AND saved_as = ?", arguments: [place]
            ).map(ImageRow.saved)
        }
    }

    /// The saved images of shots, by the shots' numbers.
    public func images(ofShots numbers: [Int64]) async throws(FleetError) -> [Int64: [SavedImage]] {
        guard !numbers.isEmpty else { return [:] }
        return try await Roster.read(database) { database in
            var found: [Int64: [SavedImage]] = [:]
            for start in stride(from: 0, to: numbers.count, by: 500) {
                let part = numbers[start..<min(start + 500, numbers.count)]
                let marks = Array(repeating: "?", count: part.count).joined(separator: ",")
                let rows = try Row.fetchCursor(
                    database, sql: "SELECT * FROM image WHERE state = 'saved' AND shot IN (\(marks)) ORDER BY number",
                    arguments: StatementArguments(part))
                while let row = try rows.next() {
                    let image = ImageRow.saved(row)
                    if let shot = image.shot { found[shot, default: []].append(image) }
                }
            }
            return found
        }
    }

    /// Whether an object of a body is saved: the last image of that name is of that size and time. `modified` is the time that the
    /// body gives, in seconds since 1970; nil where it gives none.
    public func knows(
        _ path: ObjectPath, of camera: BodyID, size: Int64, modified: Int64? = nil
    ) async throws(FleetError) -> Bool {
        try await Roster.read(database) { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT * FROM image WHERE body_id = ? AND folder = ? AND name = ? ORDER BY number DESC LIMIT 1",
                arguments: [camera.rawValue, path.folder, path.name])
            // One that is wanted has no size yet.
            guard let row, row["size"] as Int64? == size else { return false }
            let known: Int64? = row["modified"]
            return known == nil || modified == nil || known == modified
        }
    }

    /// Reads a file of the spool back; nil where it cannot be read.
    public func digest(ofSpool path: String) async -> FileDigest? {
        await onDisk { files throws(FileFailure) in try files.digest(of: path) }.orNil()
    }

    /// Reads a saved image back; nil where there is no such file, or it cannot be read.
    public func digest(of image: SavedImage) async -> FileDigest? {
        let path = "\(folder)/\(image.savedAs)"
        return await onDisk { files throws(FileFailure) in try files.digest(of: path) }.orNil()
    }
}
