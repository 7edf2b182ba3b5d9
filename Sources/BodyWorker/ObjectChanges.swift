import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// Deletes objects on a body, and puts files there.
final class ObjectChanges {
    private let body: OpenBody
    private let writer: LinkWriter
    private let known: KnownObjects

    init(body: OpenBody, writer: LinkWriter, known: KnownObjects) {
        self.body = body
        self.writer = writer
        self.known = known
    }

    /// DELETE_IMAGE.
    func delete(_ arguments: PathArguments) throws {
        let object = ObjectPath(folder: arguments.folder, name: arguments.name)
        if body.memory[object] != nil {
            body.memory.delete(object)
            // Drivers touch no body for such a name, and libgphoto2 lists it no more; it may have forgotten it already.
            try? body.camera.delete(folder: object.folder, name: object.name)
        } else {
            // For a name that it has forgotten the PTP driver would ask the body to delete everything (ptp2, library.c:
            // delete_file_func gives DeleteObject the handle 0xFFFFFFFF), so it is made to look first.
            guard try exists(object) else { throw Self.missing(object) }
            driver_log_forget_refusal()
            try Doubt.or(.object(object.name)) { () throws(GPhotoError) in
                try body.camera.delete(folder: object.folder, name: object.name)
            }
            // It also says that it did when the body refused.
            let refusal = driver_log_refusal()
            if refusal != 0 {
                body.camera.forgetFiles()
                if try exists(object) { throw DriverFailure.ofDeleting(object.name, refusal) }
            }
        }
        known.remove(object)
        writer.tell(EventCode.objectRemoved.rawValue, object)
    }

    /// CHECK_UPLOAD: whether a file of that place and size can be put there.
    func check(_ arguments: UploadArguments) throws {
        let folder = arguments.folder
        let parent = folder.split(separator: "/").dropLast().map(String.init)
        let last = folder.split(separator: "/").last.map(String.init)
        if let last {
            let folders = try body.card.ask(.object(folder)) { () throws(GPhotoError) in
                try body.camera.folders(in: "/" + parent.joined(separator: "/"))
            }
            guard folders.contains(last) else {
                throw FleetError(
                    .invalidObjectHandle,
                    "There is no folder \(folder) on the camera; list its files to see which there are.")
            }
        }
        let names = try body.card.ask(.object(folder)) { () throws(GPhotoError) in
            try body.camera.files(in: folder)
        }
        guard !names.contains(arguments.name) else {
            throw FleetError(
                .invalidParameter, "\(arguments.name) is in \(folder) already; delete it first, or choose another name."
            )
        }
        let storages = (try? body.camera.storages()) ?? []
        guard last != nil || storages.isEmpty else {
            throw FleetError(
                .invalidObjectHandle,
                "Files go onto a storage of the camera: choose a folder in \(storages.map(\.path).joined(separator: ", "))."
            )
        }
        if let storage = storages.first(where: { folder == $0.path || folder.hasPrefix($0.path + "/") }),
            let free = storage.free, free < UInt64(arguments.size) / 1024
        {
            throw FleetError(
                .storeFull, "The card has \(free / 1024) MiB left, and the file \(arguments.size / 1_048_576) MiB.")
        }
    }

    /// PUT_OBJECT: puts a file of this machine onto the body.
    func put(_ arguments: PutObjectArguments) throws {
        let descriptor = open(arguments.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw NewFile.failure(arguments.path) }
        defer { close(descriptor) }
        // libgphoto2 keeps the file as what it knows of the object: it is made to forget it.
        defer { body.camera.forgetFiles() }
        try Doubt.or(.upload(arguments.name)) { () throws(GPhotoError) in
            try body.camera.put(
                try CameraFile(descriptor: descriptor), folder: arguments.folder, name: arguments.name)
        }
        let object = ObjectPath(folder: arguments.folder, name: arguments.name)
        known.addUpload(object)
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        writer.tell(
            LinkEvent.uploaded.rawValue, CapturedImage(folder: object.folder, name: object.name, size: size))
    }

    private func exists(_ object: ObjectPath) throws -> Bool {
        guard !body.isAway(object.folder) else { return false }
        do throws(Doubt) {
            _ = try body.card.ask(.object(object.name)) { () throws(GPhotoError) in
                try body.camera.information(folder: object.folder, name: object.name)
            }
            return true
        } catch {
            let code = error.failure.code
            let isMissing = DriverFailure.saysMissing(code) || code == .badParameters
            guard isMissing, !error.isBusy, error.refusal != DriverFailure.generalError else { throw error }
            // A body that is gone has nothing either.
            try Doubt.or(.other) { () throws(GPhotoError) in _ = try body.exchange() }
            return false
        }
    }

    private static func missing(_ object: ObjectPath) -> FleetError {
        FleetError(.invalidObjectHandle, "There is no \(object.name) in \(object.folder); list its files again.")
    }
}
