public import FleetModel
import Foundation
import GRDB

/// Images safe on disk, and the journal of them in the roster's database.
///
/// The order in which an image becomes safe, each step of which can be repeated after a crash (the catalog's page
/// <doc:Images> has the reasons): the journal says that it is wanted; its content is written to the spool and synchronised;
/// the journal says that it is fetched, and reserves its name; the folders of that name are made and synchronised; the file
/// gets the name, which nothing may have; its folder is synchronised; the journal says that it is saved. Only then is it
/// told.
public final class ImageArchive: Sendable {
    /// The folder of the images within the data folder.
    public static let imageFolder = "images"

    /// The data folder.
    public let folder: String
    /// What is written beside the images.
    public let companions: Companions
    let template: NameTemplate
    /// Where every image gets a second copy; nil where it gets none.
    let secondFolder: String?
    let files: any FileOperations
    let database: DatabaseQueue
    let commits: GroupedCommits
    let folders = LastingFolders()
    /// Calls of the file system wait here, and not on a thread that others need.
    private let queue = DispatchQueue(label: "images", attributes: .concurrent)

    init(
        _ database: DatabaseQueue, folder: String, template: NameTemplate, secondFolder: String?,
        companions: Companions,
        files: any FileOperations
    ) {
        self.database = database
        self.folder = folder
        self.secondFolder = secondFolder
        self.template = template
        self.companions = companions
        self.files = files
        commits = GroupedCommits(database)
    }

    /// Where the content of an image is written to: a name in the spool that is not there yet, and begins with a dot.
    public func newSpoolFile() -> String {
        "\(spoolFolder)/\(Self.spoolPrefix)\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    }

    var spoolFolder: String { "\(folder)/spool" }
    static let spoolPrefix = ".image-"

    // MARK: On the way

    /// Notes that an image is wanted, once however often it is asked for; but one whose content is held is itself, whatever
    /// others had its name. Its project is that of its shot, or else the one given.
    public func want(
        _ path: ObjectPath, of camera: BodyID, at time: Int64, shot: Int64?, project: String? = nil,
        isHeld: Bool = false
    ) async throws(FleetError) -> WantedImage {
        try await write { database in
            let known =
                isHeld
                ? nil
                : try Row.fetchOne(
                    database,
                    sql: "SELECT * FROM image WHERE body_id = ? AND folder = ? AND name = ? AND state = 'wanted'",
                    arguments: [camera.rawValue, path.folder, path.name])
            if let known { return ImageRow.wanted(known) }
            let ofShot = try shot.flatMap { shot in
                try Row.fetchOne(database, sql: "SELECT project FROM shot WHERE number = ?", arguments: [shot])
            }
            let project: String? = if let ofShot { ofShot["project"] } else { project }
            try database.execute(
                sql: """
                    INSERT INTO image (body_id, folder, name, time, shot, project, state)
                    VALUES (?, ?, ?, ?, ?, ?, 'wanted')
                    """, arguments: [camera.rawValue, path.folder, path.name, time, shot, project])
            return WantedImage(
                number: database.lastInsertedRowID, camera: camera, path: path, time: time, shot: shot,
                project: project)
        }
    }

    /// The newest image of a name, which was wanted for itself, turned out to be of a shot. A name that it has already stays.
    public func note(_ shot: Int64, of path: ObjectPath, of camera: BodyID) async throws(FleetError) {
        try await write { [companions] database in
            try database.execute(
                sql: """
                    UPDATE image SET shot = ?, project = (SELECT project FROM shot WHERE number = ?)
                    WHERE shot IS NULL AND number = (
                        SELECT MAX(number) FROM image WHERE body_id = ? AND folder = ? AND name = ?
                    )
                    """, arguments: [shot, shot, camera.rawValue, path.folder, path.name])
            guard companions.manifests, database.changesCount == 1 else { return }
            try database.execute(
                sql: "UPDATE shot SET manifest_due = manifest_due + 1 WHERE number = ?", arguments: [shot])
        }
    }

    /// An image is wanted no more: it is gone from its body, or nobody asks for it.
    public func dismiss(_ image: WantedImage) async throws(FleetError) {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM image WHERE number = ? AND state = 'wanted'", arguments: [image.number])
        }
    }

    /// The images of a body that are wanted and were not fetched, oldest first.
    public func wanted(of camera: BodyID) async throws(FleetError) -> [WantedImage] {
        try await Roster.read(database) { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM image WHERE body_id = ? AND state = 'wanted' ORDER BY number",
                arguments: [camera.rawValue]
            ).map(ImageRow.wanted)
        }
    }

    /// Makes an image safe whose content lies at `spool`, in the data folder's file system, and is not synchronised: under
    /// its name, or if that is taken with a counter behind it. `camera` is as its body is now, `modified` the time that the
    /// driver gives for the object (seconds since 1970). Whether its card's copy is to be deleted afterwards is journaled with it.
    ///
    /// Throws Store_Full when the disk is full, General_Error when it fails; the image is wanted still.
    public func save(
        _ image: WantedImage, from spool: String, _ digest: FileDigest, camera: CameraInfo, modified: Int64? = nil,
        deletesFromCard: Bool = false
    ) async throws(FleetError) -> SavedImage {
        // The spool's name has to be there as well when the journal says so; at one time, since both wait for the disk.
        async let content = onDisk { files throws(FileFailure) in try files.synchronize(file: spool) }
        async let name = onDisk { files throws(FileFailure) in
            try files.synchronize(folder: Self.parent(of: spool))
        }
        for outcome in await [content, name] { try outcome.orTold() }
        var copy = 1
        let values = NameTemplate.Values(
            time: image.time, camera: camera, shot: image.shot, project: image.project, name: image.path.name,
            sequence: image.number)
        let duty = Duty(modified: Self.lasting(modified, of: image), deletesFromCard: deletesFromCard)
        let first = try await reserve(image, values, &copy, spool, digest, duty)
        return try await place(first, from: spool) { () async throws(FleetError) in
            copy += 1
            return try await self.reserve(image, values, &copy, spool, digest, duty)
        }
    }

    /// Gives a fetched image its final name, or where somebody else's file has that, the names that `next` reserves. One that
    /// gets none is wanted again, as long as its content is in the spool: who fetched it drops that.
    func place(
        _ image: SavedImage, from spool: String, next: () async throws(FleetError) -> SavedImage
    ) async throws(FleetError) -> SavedImage {
        var image = image
        while true {
            let path = "\(folder)/\(image.savedAs)"
            let moved = await onDisk { [folder, folders] files throws(FileFailure) in
                try Self.move(spool, to: path, under: folder, files, folders)
            }
            switch moved {
            case .success: return try await finish(image)
            case .failure(let failure) where failure.isTaken: image = try await next()
            case .failure:
                let isThere = await onDisk { files throws(FileFailure) in
                    try files.names(in: Self.parent(of: spool)).contains { spool.hasSuffix("/\($0)") }
                }.orNil()
                // With its final name and not on the disk for sure it stays fetched, and the next start sees to it.
                if isThere == true { try await wantAgain(image) }
                try moved.orTold()
            }
        }
    }

    /// What was fetched is not there, or found no place: it is fetched again.
    func wantAgain(_ image: SavedImage) async throws(FleetError) {
        try await write { database in
            try database.execute(
                sql: """
                    UPDATE image SET state = 'wanted', saved_as = NULL, spool = NULL, sha256 = NULL, size = NULL
                    WHERE number = ?
                    """, arguments: [image.number])
        }
    }

    /// The time that a body gives for an object, where it will give it again. Some drivers say of what they have captured
    /// themselves that it is of the host's time, and of the same object later that it is of the body's.
    private static func lasting(_ modified: Int64?, of image: WantedImage) -> Int64? {
        modified.flatMap { abs($0 - image.time / 1_000_000_000) <= timeOfCapture ? nil : $0 }
    }

    /// How far apart the driver's time of a capture and ours can be, in seconds.
    private static let timeOfCapture: Int64 = 120

    /// What is to become of the card's copy, and by what it is told apart from another of the same name.
    private struct Duty: Sendable {
        let modified: Int64?
        let deletesFromCard: Bool
    }

    /// The journal says that it is fetched, and no other image gets its name.
    private func reserve(
        _ image: WantedImage, _ values: NameTemplate.Values, _ copy: inout Int, _ spool: String, _ content: FileDigest,
        _ duty: Duty
    ) async throws(FleetError) -> SavedImage {
        let first = copy
        // Who fetches an image a second time does not take the place of the first.
        let before: ImageRow.State = first == 1 ? .wanted : .fetched
        let spoolName = String(spool.dropFirst(folder.count + 1))
        let (name, taken) = try await write { [template] database in
            var copy = first
            var name = "\(Self.imageFolder)/\(template.name(values, copy: copy))"
            while try Int.fetchOne(
                database, sql: "SELECT 1 FROM image WHERE saved_as = ? AND number <> ?",
                arguments: [name, image.number]
            ) != nil {
                copy += 1
                name = "\(Self.imageFolder)/\(template.name(values, copy: copy))"
            }
            try database.execute(
                sql: """
                    UPDATE image SET state = 'fetched', size = ?, sha256 = ?, saved_as = ?, spool = ?, modified = ?, card = ?
                    WHERE number = ? AND state = ?
                    """,
                arguments: [
                    content.size, content.sha256, name, spoolName, duty.modified,
                    duty.deletesFromCard ? "to delete" : nil, image.number, before.rawValue,
                ])
            guard database.changesCount == 1 else {
                throw FleetError(.generalError, "\(image.path.name) was not to be saved any more.")
            }
            return (name, copy)
        }
        copy = taken
        return SavedImage(
            number: image.number, camera: image.camera, folder: image.path.folder, name: image.path.name, savedAs: name,
            size: content.size, sha256: content.sha256, time: image.time, shot: image.shot, project: image.project)
    }

    /// The journal says that it is saved, whether a second copy is to be made, and what is to be written beside it.
    func finish(_ saved: SavedImage) async throws(FleetError) -> SavedImage {
        var saved = saved
        saved.hasSecondCopy = secondFolder == nil ? nil : false
        try await write { [saved, companions] database in
            try database.execute(
                sql:
                    "UPDATE image SET state = 'saved', spool = NULL, second_copy = ?, sidecar_due = ? WHERE number = ?",
                arguments: [saved.hasSecondCopy == nil ? nil : "wanted", companions.sidecars ? 1 : 0, saved.number])
            guard companions.manifests else { return }
            try database.execute(
                sql: """
                    UPDATE shot SET manifest_due = manifest_due + 1
                    WHERE number = (SELECT shot FROM image WHERE number = ?)
                    """, arguments: [saved.number])
        }
        return saved
    }

    /// Gives a file its final name, whose folders are made, and has that on the disk.
    static func move(
        _ spool: String, to path: String, under root: String, _ files: any FileOperations, _ folders: LastingFolders
    ) throws(FileFailure) {
        let parent = parent(of: path)
        try folders.make(parent, under: root, files)
        try files.move(spool, to: path)
        try files.synchronize(folder: parent)
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    // MARK: The two disks

    /// Does something with files, where nobody else waits.
    func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable (any FileOperations) throws(FileFailure) -> Value
    ) async -> Result<Value, FileFailure> {
        await withCheckedContinuation { continuation in
            queue.async { [files] in
                do throws(FileFailure) {
                    continuation.resume(returning: .success(try work(files)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    }

    func write<Value: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws(FleetError) -> Value {
        do { return try await commits.write(change) } catch { throw Roster.reading(error) }
    }
}

extension Result where Failure == FileFailure {
    /// The value; nil where the disk failed.
    func orNil() -> Success? { try? get() }

    /// The value.
    ///
    /// Throws Store_Full when the disk is full, General_Error for any other trouble with it.
    func orTold(disk: String = "The server's disk") throws(FleetError) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let failure):
            throw failure.isFull
                ? FleetError(.storeFull, "\(disk) is full: make room on it and try again.")
                : FleetError(.generalError, "\(disk) failed: \(failure).")
        }
    }
}
