public import FleetModel
import GRDB

/// What a start found of images that were on their way when the server ended.
public struct ImageReconciliation: Sendable {
    /// Those that were fetched, and are saved now: nobody was told of them yet.
    public var finished: [SavedImage] = []
    /// How many are to be fetched from their card again.
    public var lost = 0
    /// How many could not be read, or not be moved: they stay as they are until the next start.
    public var unreadable = 0
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
        var kept: Set<String> = []
        for (saved, spool) in rows {
            do throws(FleetError) {
                if let saved = try await complete(saved, spool) {
                    outcome.finished.append(saved)
                } else {
                    try await wantAgain(saved)
                    outcome.lost += 1
                }
            } catch {
                outcome.unreadable += 1
                if let spool { kept.insert("\(folder)/\(spool)") }
            }
        }
        // Whatever else is left in the spool is half of something that is wanted still.
        outcome.dropped =
            await onDisk { [spoolFolder, kept] files throws(FileFailure) in
                let names = try files.names(in: spoolFolder).filter { name in
                    name.hasPrefix(Self.spoolPrefix) && !kept.contains("\(spoolFolder)/\(name)")
                }
                for name in names { try files.remove("\(spoolFolder)/\(name)") }
                return names.count
            }.orNil() ?? 0
        return outcome
    }

    /// An image that was wanted before something failed, which may have come further: saved, or nil where it is to be fetched.
    ///
    /// Throws General_Error where the disk does not say what is there.
    public func settle(_ image: WantedImage) async throws(FleetError) -> SavedImage? {
        let found = try await Roster.read(database) { database -> (saved: SavedImage, isSaved: Bool, spool: String?)? in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM image WHERE number = ? AND state <> 'wanted'", arguments: [image.number])
            return row.map { (ImageRow.saved($0), $0["state"] == ImageRow.State.saved.rawValue, $0["spool"]) }
        }
        guard let found, !found.isSaved else { return found?.saved }
        if let saved = try await complete(found.saved, found.spool) { return saved }
        try await wantAgain(found.saved)
        return nil
    }

    /// Saves an image that was fetched; nil where its content is not there.
    ///
    /// Throws General_Error where the disk does not say what is there.
    private func complete(_ image: SavedImage, _ spool: String?) async throws(FleetError) -> SavedImage? {
        let content = FileDigest(size: image.size, sha256: image.sha256)
        let spoolPath = spool.map { "\(folder)/\($0)" }
        if try await finishRenaming(image, content, spoolPath) { return try await finish(image) }
        guard let spoolPath else { return nil }
        let isWhole = try await onDisk { files throws(FileFailure) in
            try Self.digest(of: spoolPath, files) == content
        }.orTold()
        guard isWhole else { return nil }
        var copy = 1
        return try await place(image, from: spoolPath) { () async throws(FleetError) in
            var renamed = image
            repeat {
                copy += 1
                renamed.savedAs = Self.copy(copy, of: image.savedAs)
            } while try await !self.reserve(renamed)
            return renamed
        }
    }

    /// Whether it has its final name already, which then is on the disk for good.
    private func finishRenaming(
        _ image: SavedImage, _ content: FileDigest, _ spool: String?
    ) async throws(FleetError) -> Bool {
        let final = "\(folder)/\(image.savedAs)"
        return try await onDisk { files throws(FileFailure) in
            guard try Self.digest(of: final, files) == content else { return false }
            try files.synchronize(folder: Self.parent(of: final))
            // Where a file is renamed by linking it, both names may be there: the first goes when the other is safe.
            if let spool, try Self.digest(of: spool, files) != nil { try files.remove(spool) }
            return true
        }.orTold()
    }

    /// Takes a name for an image; false where another image has it.
    private func reserve(_ image: SavedImage) async throws(FleetError) -> Bool {
        try await write { database in
            let owner = try Int64.fetchOne(
                database, sql: "SELECT number FROM image WHERE saved_as = ?", arguments: [image.savedAs])
            guard owner == nil || owner == image.number else { return false }
            try database.execute(
                sql: "UPDATE image SET saved_as = ? WHERE number = ?", arguments: [image.savedAs, image.number])
            return true
        }
    }

    /// What a file has; nil where there is none.
    static func digest(of path: String, _ files: any FileOperations) throws(FileFailure) -> FileDigest? {
        do throws(FileFailure) {
            return try files.digest(of: path)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    private static func copy(_ number: Int, of path: String) -> String {
        let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let dot = path[slash...].lastIndex(of: ".") ?? path.endIndex
        return "\(path[..<dot])-\(number)\(path[dot...])"
    }
}
