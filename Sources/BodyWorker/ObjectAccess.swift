import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// The objects on a body: listing, describing, reading in pieces, and storing whole ones.
final class ObjectAccess {
    private let body: OpenBody
    private let queue: WorkQueue
    private let known: KnownObjects

    init(body: OpenBody, queue: WorkQueue, known: KnownObjects) {
        self.body = body
        self.queue = queue
        self.known = known
    }

    /// LIST_FILES: in order of folder and name, so that pages follow each other whatever comes between.
    func list(_ arguments: ListFilesArguments) throws -> FileList {
        guard arguments.folder.hasPrefix("/") else {
            throw FleetError(
                .invalidObjectHandle, "A folder's path begins with a slash; there is no \(arguments.folder).")
        }
        let start = trimmed(arguments.folder)
        guard !body.isAway(start) else { throw Self.away(start) }
        var folders: [String] = []
        try collect(start == "/" ? "" : start, recurse: arguments.recurse ?? false, into: &folders)
        folders.sort()
        var searched = arguments.recurse ?? false ? folders : []
        searched.append(start)
        let limit = arguments.limit ?? 10_000
        guard limit > 0 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        var files: [FileEntry] = []
        for folder in searched.sorted() {
            if let after = arguments.after, folder < after.folder { continue }
            let names = try body.card.ask(.object(folder)) { () throws(GPhotoError) in
                try body.camera.files(in: folder)
            }
            known.learn(folder, names)
            // The driver may have forgotten what is kept.
            for name in Set(names).union(body.memory.names(in: folder)).sorted() {
                if let after = arguments.after, folder == after.folder, name <= after.name { continue }
                guard files.count < limit else { return FileList(files: files, folders: folders, more: true) }
                try goOn()
                files.append(try entry(folder, name))
            }
        }
        return FileList(files: files, folders: folders, more: false)
    }

    /// Throws Transaction_Cancelled after a stop, and `GivingWay` where a release waits: what was listed by then, the driver
    /// remembers.
    private func goOn() throws {
        guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
        guard !queue.hasWork(.release) else { throw GivingWay() }
    }

    private static func away(_ folder: String) -> FleetError {
        FleetError(.invalidObjectHandle, "The card with \(folder) was taken out of the camera.")
    }

    private func trimmed(_ folder: String) -> String {
        var folder = folder
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        return folder
    }

    private func collect(_ folder: String, recurse: Bool, into folders: inout [String]) throws {
        let path = folder.isEmpty ? "/" : folder
        let names = try body.card.ask(.object(path)) { () throws(GPhotoError) in
            try body.camera.folders(in: path)
        }
        // A body that answers garbage may name a folder inside itself, or with no name at all.
        for name in names where !name.isEmpty && path.utf8.count < Self.longestPath {
            if folder.isEmpty, body.isAway("/\(name)") { continue }
            try goOn()
            folders.append("\(folder)/\(name)")
            if recurse { try collect("\(folder)/\(name)", recurse: true, into: &folders) }
        }
    }

    /// A folder whose path is longer is not looked into; PTP's names have 254 characters at most, and cards few levels.
    private static let longestPath = 1024

    /// What of a file cannot be had is left out, unless it can be had later.
    private func entry(_ folder: String, _ name: String) throws(Doubt) -> FileEntry {
        let known = try look(for: ObjectPath(folder: folder, name: name))
        let kept = body.memory[ObjectPath(folder: folder, name: name)]
        return FileEntry(
            folder: folder, name: name, size: kept?.size ?? Int64(clamping: known?.size ?? 0),
            mtime: kept?.time ?? Int64(known?.modified ?? 0),
            mime: kept?.mime ?? known?.mimeType ?? "application/octet-stream")
    }

    /// What the driver knows of an object, unless it does not say.
    ///
    /// Throws where the body was busy, or did not answer.
    @discardableResult
    private func look(for object: ObjectPath) throws(Doubt) -> ObjectInformation? {
        do throws(Doubt) {
            return try information(object)
        } catch {
            if error.isBusy || error.isOfTheLink { throw error }
            return nil
        }
    }

    private func information(_ object: ObjectPath) throws(Doubt) -> ObjectInformation {
        try body.card.ask(.object(object.name)) { () throws(GPhotoError) in
            try body.camera.information(folder: object.folder, name: object.name)
        }
    }

    /// DESCRIBE_OBJECT. What drivers make on the spot (thumbnails, EXIF, metadata) is made to know its size.
    func describe(_ arguments: ObjectArguments) throws -> ObjectDescription {
        let object = ObjectPath(folder: arguments.folder, name: arguments.name)
        guard !body.isAway(object.folder) else { throw Self.away(object.folder) }
        try refuseWhatIsNot(arguments.type, of: object)
        guard arguments.type == .normal || arguments.type == .raw else {
            return try made(object, arguments.type)
        }
        if arguments.type == .normal, let kept = body.memory[object] {
            return ObjectDescription(size: kept.size, mime: kept.mime)
        }
        let known = try information(object)
        guard let size = known.size else {
            let kept = try body.memory.keep(object, of: body.camera)
            return ObjectDescription(size: kept.size, mime: kept.mime)
        }
        return ObjectDescription(
            size: Int64(clamping: size), mime: known.mimeType ?? "application/octet-stream",
            modified: known.modified.map(Int64.init))
    }

    /// Has the driver make an object's file, and counts its bytes. Some drivers give the whole object for its sound, so only
    /// what libgphoto2 wants in memory goes there.
    private func made(_ object: ObjectPath, _ type: ObjectFileType) throws -> ObjectDescription {
        try refuseOfMemory(object)
        var size: Int64 = 0
        let isSmall = type == .preview || type == .exif
        try look(for: object)
        let file = try Doubt.or(.object(object.name)) { () throws(GPhotoError) in
            let file = try isSmall ? CameraFile() : CameraFile { size += Int64($0.count) }
            try body.camera.get(ObjectStore.kind(type), folder: object.folder, name: object.name, into: file)
            return file
        }
        if isSmall { size = try file.withBytes { Int64($0.count) } }
        return ObjectDescription(size: size, mime: Self.mimeType(type, file.mimeType))
    }

    /// The thumbnail of an object, and its media type.
    func thumbnail(_ object: ObjectPath) throws -> (CameraFile, mime: String) {
        try refuseOfMemory(object)
        guard !body.isAway(object.folder) else { throw Self.away(object.folder) }
        try look(for: object)
        let file = try Doubt.or(.object(object.name)) { () throws(GPhotoError) in
            let file = try CameraFile()
            try body.camera.get(.preview, folder: object.folder, name: object.name, into: file)
            return file
        }
        return (file, Self.mimeType(.preview, file.mimeType))
    }

    /// Drivers give the object itself for what they do not know: a JPEG for its own sound or raw data.
    private func refuseWhatIsNot(_ type: ObjectFileType, of object: ObjectPath) throws {
        let offers = body.camera.abilities.fileOperations
        switch type {
        case .audio where !offers.contains("audio"):
            throw FleetError(.operationNotSupported, "The body's driver gives no sound with its objects.")
        case .raw where !offers.contains("raw"):
            let known = try information(object)
            guard known.mimeType == "image/jpeg" else { return }
            throw FleetError(.operationNotSupported, "\(object.name) is a JPEG: it has no raw data of its own.")
        default: break
        }
    }

    /// Of an image in the body's memory drivers have nothing but the image.
    private func refuseOfMemory(_ object: ObjectPath) throws(FleetError) {
        guard body.memory[object] != nil else { return }
        throw FleetError(
            .operationNotSupported,
            "\(object.name) was in the body's memory, not on its card: download the image itself.")
    }

    /// The driver gives a thumbnail the object's type, and others none.
    private static func mimeType(_ type: ObjectFileType, _ said: String) -> String {
        switch type {
        case .normal, .raw: said
        case .preview: "image/jpeg"
        case .exif: "application/x-exif"
        case .audio: "audio/wav"
        case .metadata: "application/xml"
        }
    }

    /// READ_PIECE: how many bytes it has, which are put into `buffer`.
    func read(_ arguments: PieceArguments, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard arguments.offset >= 0, (1...buffer.count).contains(arguments.length) else {
            throw FleetError(.invalidParameter, "A piece has 1 to \(buffer.count) bytes.")
        }
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<arguments.length])
        if let kept = body.memory[ObjectPath(folder: arguments.folder, name: arguments.name)] {
            return try read(kept.path, at: arguments.offset, into: target)
        }
        do throws(GPhotoError) {
            let count = try body.camera.read(
                folder: arguments.folder, name: arguments.name, at: UInt64(arguments.offset), into: target)
            return min(count, target.count)
        } catch {
            throw Doubt(failure: error, task: .piece(arguments.name))
        }
    }

    /// STORE_PIECE: as many bytes as are wanted, unless the object ends before.
    func readAll(_ arguments: PieceArguments, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        repeat {
            var rest = arguments
            rest.offset += Int64(count)
            rest.length -= count
            let more = try read(rest, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            guard more > 0 else { break }
            count += more
        } while count < arguments.length
        return count
    }

    private func read(
        _ path: String, at offset: Int64, into target: UnsafeMutableRawBufferPointer
    ) throws(FleetError) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw FleetError(.invalidObjectHandle, "The image was in the body's memory and is not kept any more.")
        }
        defer { close(descriptor) }
        return max(0, pread(descriptor, target.baseAddress, target.count, Int(offset)))
    }

    /// STORE_OBJECT.
    func store(_ arguments: StoreObjectArguments) throws -> StoredObject {
        let object = ObjectPath(folder: arguments.folder, name: arguments.name)
        let stored: ObjectStore.Stored
        switch arguments.type {
        case .normal:
            if let kept = body.memory[object] {
                stored = try ObjectStore.copy(kept, to: arguments.path)
            } else {
                stored = try ObjectStore.store(object, .normal, of: body.camera, to: arguments.path)
            }
        case .preview, .raw, .audio, .exif, .metadata:
            try refuseOfMemory(object)
            try refuseWhatIsNot(arguments.type, of: object)
            stored = try ObjectStore.store(object, arguments.type, of: body.camera, to: arguments.path)
        }
        return StoredObject(size: stored.size)
    }
}
