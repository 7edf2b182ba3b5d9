/// A device on USB, as Linux and udev describe it.
public struct UsbDevice: Hashable, Sendable {
    /// Its folder in sysfs, such as `/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2`.
    public var systemPath: String
    /// The bus, from 1.
    public var busNumber: Int
    /// The number on its bus, from 1 to 127: another one each time that the device is plugged in.
    public var deviceNumber: Int
    /// The device node, such as `/dev/bus/usb/001/004`.
    public var node: String
    /// Where it is plugged in: the same after a replug and after a reboot, and never the same for two devices at once
    /// (`UsbSocket`).
    public var socket: String
    /// idVendor
    public var vendor: UInt16
    /// idProduct
    public var product: UInt16
    /// The maker in the device's own words; nil where it says nothing.
    public var manufacturer: String?
    /// What it is in its own words; nil where it says nothing.
    public var productName: String?
    /// The serial number that it tells on USB; nil where it has none. Two devices may tell the same.
    public var serial: String?
    /// bDeviceClass, bDeviceSubClass and bDeviceProtocol: 0 where each interface has its own.
    public var deviceClass: UsbInterface
    /// What its interfaces are, each kind once. From the device's descriptors, thus complete as soon as it is there,
    /// before any driver is; where they cannot be read, `deviceClass` alone, unless it is 0.
    public var interfaces: [UsbInterface]
    /// Whether udev's rules hold it for a camera that libgphoto2 knows (ID_GPHOTO2).
    public var isCameraToUdev: Bool

    /// A device of these properties.
    public init(
        systemPath: String, busNumber: Int, deviceNumber: Int, node: String? = nil, socket: String? = nil,
        vendor: UInt16, product: UInt16, manufacturer: String? = nil, productName: String? = nil,
        serial: String? = nil, deviceClass: UsbInterface = UsbInterface(class: 0, subclass: 0, protocol: 0),
        interfaces: [UsbInterface], isCameraToUdev: Bool = false
    ) {
        self.systemPath = systemPath
        self.busNumber = busNumber
        self.deviceNumber = deviceNumber
        self.node = node ?? "/dev/bus/usb/\(Self.padded(busNumber))/\(Self.padded(deviceNumber))"
        self.socket = socket ?? UsbSocket.name(ofPath: nil, systemPath: systemPath, isSuperSpeed: false)
        self.vendor = vendor
        self.product = product
        self.manufacturer = manufacturer
        self.productName = productName
        self.serial = serial
        self.deviceClass = deviceClass
        self.interfaces = interfaces
        self.isCameraToUdev = isCameraToUdev
    }

    /// The port in libgphoto2's words, such as `usb:001,004`.
    public var port: String { "usb:\(Self.padded(busNumber)),\(Self.padded(deviceNumber))" }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
