import CGPhoto2
import Glibc

/// A body, opened: a libgphoto2 Camera with its context. For one thread, the one that made it. A process should have one,
/// since libgphoto2 keeps settings of the driver a process, and closes descriptor 0 in every exit over PTP/IP.
public final class Camera {
    let pointer: UnsafeMutablePointer<CGPhoto2.Camera>
    /// Where its driver puts what it has to say.
    public let context: Context
    /// What the driver says that it can do (gp_camera_get_abilities).
    public let abilities: Abilities

    /// Opens the body at a port: `usb:001,004`, or `ptpip:192.168.1.20:15740:15740`, where the driver is PTP's own unless
    /// a model is given. `prepared` is called when the driver is loaded, and before the body is spoken to.
    ///
    /// Throws what loading the lists, setting the port or gp_camera_init says.
    public init(port: String, model: String?, prepared: () -> Void = {}) throws(GPhotoError) {
        let context = try Context()
        var made: UnsafeMutablePointer<CGPhoto2.Camera>?
        try check(gp_camera_new(&made))
        guard let made else { throw GPhotoError(.noMemory) }
        do throws(GPhotoError) {
            // Both lists are freed before the body is used: together they hold megabytes.
            let ports = try PortInfoList()
            try ports.set(port, on: made)
            let list = try AbilitiesList(context: context)
            if let model {
                try list.set(model, on: made)
            } else if port.hasPrefix("ptpip:") {
                try list.set("PTP/IP Camera", on: made)
            }
        } catch {
            gp_camera_unref(made)
            throw error
        }
        prepared()
        let result = gp_camera_init(made, context.pointer)
        guard result >= 0 else {
            gp_camera_unref(made)
            throw GPhotoError(GPhotoError.Code(rawValue: result), detail: context.takeError())
        }
        var abilities = CameraAbilities()
        _ = gp_camera_get_abilities(made, &abilities)
        pointer = made
        self.context = context
        self.abilities = Abilities(abilities)
    }

    /// Closes the body and opens it anew: its driver forgets what it knew of it (gp_camera_exit, gp_camera_init).
    public func reopen() throws(GPhotoError) {
        gp_camera_exit(pointer, context.pointer)
        // Over PTP/IP that closes descriptor 0, which is not to be the body's.
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        if null > 0 { close(null) }
        try check(gp_camera_init(pointer, context.pointer), context)
    }

    deinit {
        // Exits first where that was not done (gp_camera_free).
        gp_camera_unref(pointer)
    }

    /// Text about the body: maker, model, serial number, properties (gp_camera_get_summary).
    public func summary() throws(GPhotoError) -> String {
        try words { gp_camera_get_summary(pointer, $0, context.pointer) }
    }

    /// Text about how to use the body (gp_camera_get_manual).
    public func manual() throws(GPhotoError) -> String {
        try words { gp_camera_get_manual(pointer, $0, context.pointer) }
    }

    /// Text about the driver (gp_camera_get_about).
    public func about() throws(GPhotoError) -> String {
        try words { gp_camera_get_about(pointer, $0, context.pointer) }
    }

    private func words(_ fill: (UnsafeMutablePointer<CameraText>) -> Int32) throws(GPhotoError) -> String {
        let text = UnsafeMutablePointer<CameraText>.allocate(capacity: 1)
        defer { text.deallocate() }
        text.initialize(to: CameraText())
        try check(fill(text), context)
        // A structure of one array of characters.
        return GPhoto2.text(UnsafeRawBufferPointer(start: text, count: MemoryLayout<CameraText>.size))
    }

    /// The body's storages (gp_camera_get_storageinfo).
    public func storages() throws(GPhotoError) -> [Storage] {
        var information: UnsafeMutablePointer<CameraStorageInformation>?
        var count: Int32 = 0
        try check(gp_camera_get_storageinfo(pointer, &information, &count, context.pointer), context)
        guard let information else { return [] }
        defer { free(information) }
        return UnsafeBufferPointer(start: information, count: Int(count)).map(Storage.init)
    }

    // MARK: Releases

    /// Releases without waiting for the image (gp_camera_trigger_capture).
    public func triggerCapture() throws(GPhotoError) {
        try check(gp_camera_trigger_capture(pointer, context.pointer), context)
    }

    /// Releases and waits for the image (gp_camera_capture). On a body that never tells of its image this never returns:
    /// where the driver can trigger, trigger and wait for events instead.
    public func captureImage() throws(GPhotoError) -> (folder: String, name: String) {
        var path = CameraFilePath()
        try check(gp_camera_capture(pointer, GP_CAPTURE_IMAGE, &path, context.pointer), context)
        return (text(path.folder), text(path.name))
    }

    /// A live view frame (gp_camera_capture_preview), which replaces what the file held.
    public func capturePreview(into file: CameraFile) throws(GPhotoError) {
        try check(gp_camera_capture_preview(pointer, file.pointer, context.pointer), context)
    }

    /// What the body tells next, or `.timeout` after about so many milliseconds (gp_camera_wait_for_event). Over PTP/IP a
    /// generic body's driver comes back after about one, whatever is asked for.
    public func waitForEvent(milliseconds: Int32) throws(GPhotoError) -> CameraEvent {
        var type = GP_EVENT_UNKNOWN
        var data: UnsafeMutableRawPointer?
        try check(gp_camera_wait_for_event(pointer, milliseconds, &type, &data, context.pointer), context)
        defer { free(data) }
        return CameraEvent(type, data)
    }
}
