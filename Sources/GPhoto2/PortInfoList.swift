import CGPhoto2

/// The ports that libgphoto2 knows at the moment of loading (gp_port_info_list_load).
public final class PortInfoList {
    let pointer: OpaquePointer

    /// Loads the list: drivers of ports are loaded, and USB is looked at.
    public init() throws(GPhotoError) {
        var pointer: OpaquePointer?
        try check(gp_port_info_list_new(&pointer))
        guard let pointer else { throw GPhotoError(.noMemory) }
        self.pointer = pointer
        // From here on deinit frees it, also when this throws.
        try check(gp_port_info_list_load(pointer))
    }

    deinit {
        gp_port_info_list_free(pointer)
    }

    /// Gives a camera the port of that path, such as `usb:001,004` (gp_port_info_list_lookup_path).
    func set(_ path: String, on camera: UnsafeMutablePointer<CGPhoto2.Camera>) throws(GPhotoError) {
        let index = try check(gp_port_info_list_lookup_path(pointer, path))
        var information: GPPortInfo?
        try check(gp_port_info_list_get_info(pointer, index, &information))
        try check(gp_camera_set_port_info(camera, information))
    }
}
