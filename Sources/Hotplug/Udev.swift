import CUdev
import Glibc

/// libudev's handle (udev_new). All that libudev makes is for one thread at a time.
struct UdevContext: ~Copyable {
    fileprivate let pointer: OpaquePointer

    init() throws(HotplugError) {
        guard let pointer = udev_new() else { throw HotplugError.udev(doing: "udev_new", errno: errno) }
        self.pointer = pointer
    }

    deinit { udev_unref(pointer) }
}

/// The socket on which the kernel, or udev after it, tells what happens to devices (udev_monitor).
struct UdevSubscription: ~Copyable {
    private let pointer: OpaquePointer

    /// The descriptor to wait on; the subscription closes it.
    var descriptor: Int32 { udev_monitor_get_fd(pointer) }

    private init(pointer: OpaquePointer) { self.pointer = pointer }

    /// Subscribes to `usb_device` of the subsystem `usb` in the group `udev` or `kernel`. The kernel keeps what is not
    /// read yet, up to `bufferSize` bytes, or as many as it lets this user have.
    static func open(
        _ udev: borrowing UdevContext, group: String, bufferSize: Int32
    ) throws(HotplugError) -> UdevSubscription {
        guard let pointer = udev_monitor_new_from_netlink(udev.pointer, group) else {
            throw HotplugError.udev(doing: "udev_monitor_new_from_netlink", errno: errno)
        }
        let subscription = UdevSubscription(pointer: pointer)
        var result = udev_monitor_filter_add_match_subsystem_devtype(pointer, "usb", "usb_device")
        guard result >= 0 else { throw HotplugError.udev(doing: "udev_monitor_filter_add_match", errno: -result) }
        // Who may not have that much has what the system gives everybody, and a fresh enumeration when it is full.
        var size = bufferSize
        while size >= 1 << 20, udev_monitor_set_receive_buffer_size(pointer, size) < 0 { size /= 2 }
        result = udev_monitor_enable_receiving(pointer)
        guard result >= 0 else { throw HotplugError.udev(doing: "udev_monitor_enable_receiving", errno: -result) }
        return subscription
    }

    /// The next device to which something happened; nil when there is none now, with the reason in errno.
    func receive() -> UdevRecord? {
        errno = 0
        return udev_monitor_receive_device(pointer).map { UdevRecord($0) }
    }

    deinit { udev_monitor_unref(pointer) }
}

/// One look at all devices (udev_enumerate).
struct UdevEnumeration: ~Copyable {
    private let pointer: OpaquePointer

    private init(pointer: OpaquePointer) { self.pointer = pointer }

    /// Looks for `usb_device` of the subsystem `usb`.
    static func scan(_ udev: borrowing UdevContext) throws(HotplugError) -> UdevEnumeration {
        guard let pointer = udev_enumerate_new(udev.pointer) else {
            throw HotplugError.udev(doing: "udev_enumerate_new", errno: errno)
        }
        let enumeration = UdevEnumeration(pointer: pointer)
        for result in [
            udev_enumerate_add_match_subsystem(pointer, "usb"),
            udev_enumerate_add_match_property(pointer, "DEVTYPE", "usb_device"),
            udev_enumerate_scan_devices(pointer),
        ] where result < 0 {
            throw HotplugError.udev(doing: "udev_enumerate_scan_devices", errno: -result)
        }
        return enumeration
    }

    /// Calls back with each device that is still there.
    func forEach(_ udev: borrowing UdevContext, _ body: (borrowing UdevRecord) -> Void) {
        var entry = udev_enumerate_get_list_entry(pointer)
        while let current = entry {
            if let path = udev_list_entry_get_name(current),
                let device = udev_device_new_from_syspath(udev.pointer, path)
            {
                body(UdevRecord(device))
            }
            entry = udev_list_entry_get_next(current)
        }
    }

    deinit { udev_enumerate_unref(pointer) }
}

/// What libudev says of one device (udev_device).
struct UdevRecord: ~Copyable {
    private let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }

    /// What happened: `add`, `remove`, `change`, `bind` and the like; nil where it was looked for.
    var action: String? { udev_device_get_action(pointer).map { String(cString: $0) } }

    /// Its folder in sysfs.
    var systemPath: String? { udev_device_get_syspath(pointer).map { String(cString: $0) } }

    /// Its device node.
    var node: String? { udev_device_get_devnode(pointer).map { String(cString: $0) } }

    /// Whether udev's rules have been applied.
    var isInitialized: Bool { udev_device_get_is_initialized(pointer) > 0 }

    /// A property of udev's or of the kernel's event.
    func property(_ name: String) -> String? {
        udev_device_get_property_value(pointer, name).map { String(cString: $0) }
    }

    /// The text in a file of its folder, which may be any bytes.
    func attribute(_ name: String) -> [UInt8]? {
        udev_device_get_sysattr_value(pointer, name).map { text in
            Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        }
    }

    deinit { udev_device_unref(pointer) }
}
