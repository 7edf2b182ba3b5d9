import Glibc

/// What happens to devices on USB.
public enum HotplugEvent: Hashable, Sendable {
    /// A device is there, and what it is. Told once until it leaves.
    case arrived(UsbDevice, UsbRole)
    /// A device that was told is gone.
    case left(UsbDevice)
    /// Something about a device that was told is another: permissions, a driver, what udev knows. An opening that
    /// failed may be tried again.
    case changed(UsbDevice)
}

/// Why devices cannot be watched or listed.
public enum HotplugError: Error, Hashable, Sendable, CustomStringConvertible {
    /// libudev could not do something; the number is one of errno.
    case udev(doing: String, errno: Int32)
    /// Somebody else takes the events already.
    case alreadyTaken

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .udev(let doing, let number):
            "USB cannot be watched: \(doing) failed (\(String(cString: strerror(number)))). "
                + "Cameras are found when the server starts, and not when they are plugged in later."
        case .alreadyTaken:
            "Somebody else takes the events of this monitor already: make a monitor for each who wants them."
        }
    }
}
