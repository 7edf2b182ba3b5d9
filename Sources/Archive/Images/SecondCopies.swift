public import FleetModel
import GRDB

/// The second copy of each image, in another folder, which is best on another disk.
///
/// It lies there under the same path as in the data folder. It is written under a name in a folder that begins with a dot,
/// synchronised, read back from the disk and compared; then it gets its name, and the journal says that it is made. That
/// dotted folder marks the disk: where it is missing and was there before, the disk is not mounted, and nothing is written to
/// the empty folder that is in its place.
extension ImageArchive {
    /// What marks the second folder's disk, and holds what is being written.
    public static let secondFolderMark = ".camera-fleet"

    /// Whether images get a second copy.
    public var makesSecondCopies: Bool { secondFolder != nil }

    /// So many saved images at most whose second copy is to be made, oldest first: those after one.
    public func withoutSecondCopy(after number: Int64, limit: Int) async throws(FleetError) -> [SavedImage] {
        try await Roster.read(database) { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM image WHERE second_copy = 'wanted' AND number > ? ORDER BY number LIMIT ?",
                arguments: [number, limit]
            ).map(ImageRow.saved)
        }
    }

    /// Makes the second copy of a saved image. Can be repeated, and broken off, at any point; one at a time.
    ///
    /// Throws Store_Not_Available when the second folder's disk is not there, Store_Full when it is full, and General_Error
    /// when it fails, when the image itself is not what was saved, or when another file has its name there.
    public func makeSecondCopy(of image: SavedImage) async throws(FleetError) {
        guard let secondFolder else { return }
        try await requireMark(in: secondFolder)
        let path = "\(secondFolder)/\(image.savedAs)"
        let content = FileDigest(size: image.size, sha256: image.sha256)
        let outcome = try await onDisk { [folder, folders] files throws(FileFailure) in
            try Self.copy("\(folder)/\(image.savedAs)", to: path, content, under: secondFolder, files, folders)
        }.orTold(disk: "The second disk")
        switch outcome {
        case .made: break
        case .isTaken: throw FleetError(.generalError, "Another file is called \(path): move it away.")
        case .sourceChanged:
            throw FleetError(
                .generalError, "\(image.savedAs) is not what was saved any more: its second copy was not made.")
        case .copyChanged:
            throw FleetError(
                .generalError, "The second disk gives back something else than was written to it: replace it.")
        }
        try await write { database in
            try database.execute(
                sql: "UPDATE image SET second_copy = 'made' WHERE number = ?", arguments: [image.number])
        }
    }

    /// Reads the second copy of an image back; nil where there is none, or it cannot be read.
    public func digestOfSecondCopy(of image: SavedImage) async -> FileDigest? {
        guard let secondFolder else { return nil }
        let path = "\(secondFolder)/\(image.savedAs)"
        return await onDisk { files throws(FileFailure) in try files.digest(of: path) }.orNil()
    }

    /// Makes sure that the second folder is that of the disk which had it before, or marks it the first time.
    private func requireMark(in secondFolder: String) async throws(FleetError) {
        let wasMarked = try await Roster.read(database) { database in
            try Int.fetchOne(
                database, sql: "SELECT 1 FROM second_folder WHERE path = ?", arguments: [secondFolder]) != nil
        }
        let isMarked = await onDisk { files throws(FileFailure) in
            try files.names(in: secondFolder).contains(Self.secondFolderMark)
        }
        switch isMarked {
        case .failure(let failure):
            throw FleetError(
                .storeNotAvailable, "The second folder is not there: \(failure). Mount its disk, or make the folder.")
        case .success(false) where wasMarked:
            throw FleetError(
                .storeNotAvailable,
                "The disk of the second copies is not at \(secondFolder), since it has no folder \(Self.secondFolderMark). "
                    + "Mount it; if it is a new disk, make that folder in it.")
        case .success(false):
            try await onDisk { files throws(FileFailure) in
                try files.make(folder: "\(secondFolder)/\(Self.secondFolderMark)")
                try files.synchronize(folder: secondFolder)
            }.orTold()
        case .success(true): break
        }
        guard !wasMarked else { return }
        try await write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO second_folder (path) VALUES (?)", arguments: [secondFolder])
        }
    }

    private enum Outcome: Sendable {
        case made, isTaken, sourceChanged, copyChanged
    }

    private static func copy(
        _ source: String, to path: String, _ content: FileDigest, under root: String, _ files: any FileOperations,
        _ folders: LastingFolders
    ) throws(FileFailure) -> Outcome {
        // It may have got its name in the moment before the power went.
        if let there = try digest(of: path, files) {
            guard there == content else { return .isTaken }
            try files.synchronize(folder: parent(of: path))
            return .made
        }
        let mark = "\(root)/\(secondFolderMark)"
        let half = "\(mark)/copy"
        if try files.names(in: mark).contains("copy") { try files.remove(half) }
        guard try files.copy(source, to: half) == content else { return .sourceChanged }
        try files.synchronize(file: half)
        guard try files.digest(of: half) == content else { return .copyChanged }
        try move(half, to: path, under: root, files, folders)
        return .made
    }
}
