public import FleetModel
import GRDB

/// What a start found of images that were on their way when the server ended.
public struct ImageReconciliation: Sendable {
    /// Those that were fetched, and are saved now: nobody was told of them yet.
    public var finished: [SavedImage] = []
    /// How many are to be fetched from their card again.
    public var lost = 0
    /// How many files of the spool belonged to nothing.
    public var dropped = 0
}

extension ImageArchive {
    /// Brings journal, spool and folders into agreement: what was fetched is saved, what was half written is dropped and
    /// stays wanted. Can be repeated, and broken off, at any point.
    public func reconcile() async throws(FleetError) -> ImageReconciliation {
        var outcome = ImageReconciliation()
        let rows = try await Roster.read(database) { database in
            try Row.fetchAll(database, sql: "SELECT * FROM image WHERE state = 'fetched' ORDER BY number").map { row in
                (saved: ImageRow.saved(row), spool: row["spool"] as String?)
            }
        }
        for (saved, spool) in rows {
            if let saved = try await complete(saved, spool) {
                outcome.finished.append(saved)
            } else {
                outcome.lost += 1
                try await write { database in
                    try database.execute(
                        sql: """
                            UPDATE image SET state = 'wanted', saved_as = NULL, spool = NULL, sha256 = NULL, size = NULL
                            WHERE number = ?
                            """, arguments: [saved.number])
                }
            }
        }
        // Nothing is fetched any more: whatever is left in the spool is half of something.
        outcome.dropped = try await onDisk { [spoolFolder] files throws(FileFailure) in
            let names = ((try? files.names(in: spoolFolder)) ?? []).filter { $0.hasPrefix(Self.spoolPrefix) }
            for name in names { try files.remove("\(spoolFolder)/\(name)") }
            return names.count
        }.orTold()
        return outcome
    }

    /// Saves an image that was fetched; nil where its content is not there.
    private func complete(_ image: SavedImage, _ spool: String?) async throws(FleetError) -> SavedImage? {
        let final = "\(folder)/\(image.savedAs)"
        let spoolPath = spool.map { "\(folder)/\($0)" }
        let content = FileDigest(size: image.size, sha256: image.sha256)
        // Renamed, as far as the disk knows: that it is so has to be on the disk before it is said.
        let isNamed = await onDisk { files throws(FileFailure) in
            guard try files.digest(of: final) == content else { return false }
            if let spoolPath, (try? files.digest(of: spoolPath)) != nil {
                // On a file system where a file is renamed by linking it, both names may be there.
                try files.remove(spoolPath)
            }
            try files.synchronize(folder: Self.parent(of: final))
            return true
        }
        if case .success(true) = isNamed { return try await finish(image) }
        guard let spoolPath else { return nil }
        let isWhole = await onDisk { files throws(FileFailure) in try files.digest(of: spoolPath) == content }
        guard case .success(true) = isWhole else { return nil }
        let moved = await onDisk { [folder] files throws(FileFailure) in
            try Self.move(spoolPath, to: final, under: folder, files)
        }
        guard case .failure(let failure) = moved, failure.isTaken else {
            try moved.orTold()
            return try await finish(image)
        }
        // Somebody else's file has the name that was reserved.
        var copy = 2
        while true {
            let other = Self.copy(copy, of: image.savedAs)
            var renamed = image
            renamed.savedAs = other
            let isFree = try await write { database in
                guard
                    try Int.fetchOne(database, sql: "SELECT 1 FROM image WHERE saved_as = ?", arguments: [other]) == nil
                else { return false }
                try database.execute(
                    sql: "UPDATE image SET saved_as = ? WHERE number = ?", arguments: [other, image.number])
                return true
            }
            if isFree {
                let moved = await onDisk { [folder] files throws(FileFailure) in
                    try Self.move(spoolPath, to: "\(folder)/\(other)", under: folder, files)
                }
                if case .failure(let failure) = moved, failure.isTaken {
                } else {
                    try moved.orTold()
                    return try await finish(renamed)
                }
            }
            copy += 1
        }
    }

    private static func copy(_ number: Int, of path: String) -> String {
        let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let dot = path[slash...].lastIndex(of: ".") ?? path.endIndex
        return "\(path[..<dot])-\(number)\(path[dot...])"
    }
}
