/// What a USB device is to a fleet of cameras.
public enum UsbRole: Hashable, Sendable {
    /// A camera: libgphoto2 knows its ids or one of its interfaces, or an interface is one of still image capture, or
    /// udev's rules say so. `model` is libgphoto2's word for it, where it has one.
    case camera(model: String?)
    /// A camera whose menu is set to be a drive: until that is changed to PTP (or "PC remote", "tether"), nobody
    /// controls it.
    case cameraInWrongMode
    /// Anything else.
    case other
}

extension UsbDevice {
    /// What the device is, as far as these models tell.
    public func role(under models: UsbModels) -> UsbRole {
        if let model = models.model(of: self) { return .camera(model: model) }
        if isCameraToUdev || interfaces.contains(.stillImage) { return .camera(model: nil) }
        if !interfaces.isEmpty, interfaces.allSatisfy(\.isMassStorage), CameraMakers.isCamera(self) {
            return .cameraInWrongMode
        }
        return .other
    }

    /// Whether its maker makes cameras and nothing else with USB.
    public var isOfCameraMaker: Bool { CameraMakers.ofCamerasAlone.contains(vendor) }
}

/// Which makers' drives are cameras, by their vendor ids (usb.ids).
enum CameraMakers {
    /// Nikon, Fujifilm, Olympus, OM, Pentax, Ricoh (two), Leica, Sigma, Hasselblad: what they make with USB is cameras.
    static let ofCamerasAlone: Set<UInt16> = [
        0x04B0, 0x04CB, 0x07B4, 0x33A2, 0x0A17, 0x25FB, 0x05CA, 0x1A98, 0x1003, 0x25B7,
    ]

    /// Makers of memory sticks, printers and telephones as well, with words that name their cameras.
    private static let ofMuch: [UInt16: [String]] = [
        // Canon
        0x04A9: ["digital camera", "eos", "powershot", "ixus", "ixy"],
        // Sony
        0x054C: ["digital camera", "dsc", "ilce", "ilca", "ilme", "slt", "nex-", "zv-", "alpha"],
        // Panasonic
        0x04DA: ["digital camera", "dmc", "dc-", "lumix"],
        // Kodak
        0x040A: ["digital camera", "easyshare", "dc-", "dcs", "pixpro"],
        // Casio
        0x07CF: ["digital camera", "exilim", "ex-", "qv"],
    ]

    /// Whether a drive of this maker and name is a camera.
    static func isCamera(_ device: UsbDevice) -> Bool {
        if ofCamerasAlone.contains(device.vendor) { return true }
        guard let words = ofMuch[device.vendor], let name = device.productName?.lowercased() else { return false }
        return words.contains { name.contains($0) }
    }
}
