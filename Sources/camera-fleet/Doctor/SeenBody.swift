/// A body that is seen on USB.
struct SeenBody: Sendable, Equatable {
    /// What can be said of the device without opening it.
    enum Kind: Sendable, Equatable {
        /// libgphoto2 has a driver for it.
        case camera
        /// It shows its card as a disk.
        case storage
        /// A camera maker's device that shows neither a camera nor a card.
        case unsupported
    }

    /// A program that has its device file open.
    struct Holder: Sendable, Equatable {
        var process: Int32
        var program: String
    }

    var kind = Kind.camera
    /// Maker and model in the device's or the driver's words.
    var model: String
    /// In libgphoto2's words: `usb:001,004`.
    var port: String
    /// Its device file.
    var node: String
    /// Where it is in sysfs, with `/sys`.
    var systemPath: String
    /// The serial number of its USB descriptor.
    var serial: String?
    /// Whether this user may open the device file.
    var isAccessible = true
    /// Whose the device file is, as a person says it; nil where it is not there.
    var ownership: String?
    /// As far as this user may see them.
    var holders: [Holder] = []

    /// What it is called in sentences.
    var name: String { "\(model) at \(port)" }

    /// The USB controller that it is at, as sysfs names it: the folder above the root hub (`0000:00:14.0`).
    var controller: String {
        let parts = systemPath.split(separator: "/")
        guard
            let hub = parts.firstIndex(where: {
                $0.hasPrefix("usb") && $0.dropFirst(3).allSatisfy(\.isNumber) && $0.count > 3
            }),
            hub > 0
        else { return "?" }
        return String(parts[hub - 1])
    }
}
