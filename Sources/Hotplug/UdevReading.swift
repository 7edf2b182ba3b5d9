extension UsbDevice {
    /// Every device on USB now, hubs too, by one enumeration (udev_enumerate_scan_devices), in the order of bus and
    /// number.
    public static func all() throws(HotplugError) -> [UsbDevice] {
        let udev = try UdevContext()
        return try sightings(udev, everyIsReady: true).map(\.device).sorted {
            ($0.busNumber, $0.deviceNumber) < ($1.busNumber, $1.deviceNumber)
        }
    }

    /// What an enumeration finds. Where udev does not run, every device is ready.
    static func sightings(_ udev: borrowing UdevContext, everyIsReady: Bool) throws(HotplugError) -> [Sighting] {
        var found: [Sighting] = []
        try UdevEnumeration.scan(udev).forEach(udev) { record in
            guard let device = UsbDevice(record) else { return }
            found.append(Sighting(device, isReady: everyIsReady || record.isInitialized))
        }
        return found
    }

    /// What libudev says of a device and what its folder in sysfs does; nil when it is gone, or another one is in its
    /// place.
    init?(_ record: borrowing UdevRecord) {
        func number(_ name: String, radix: Int = 10) -> Int? {
            record.attribute(name).flatMap(SystemFile.text).flatMap { Int($0, radix: radix) }
        }
        guard let path = record.systemPath, let bus = number("busnum"), let device = number("devnum"),
            let vendor = number("idVendor", radix: 16).flatMap(UInt16.init(exactly:)),
            let product = number("idProduct", radix: 16).flatMap(UInt16.init(exactly:))
        else { return nil }
        // The event of a device is read when a later one may have its folder.
        if let told = record.eventDeviceNumber, told != device { return nil }
        let codes = ["bDeviceClass", "bDeviceSubClass", "bDeviceProtocol"].map { name in
            number(name, radix: 16).flatMap(UInt8.init(exactly:)) ?? 0
        }
        var ofDevice = UsbInterface(class: codes[0], subclass: codes[1], protocol: codes[2])
        var interfaces = ofDevice.class == 0 ? [] : [ofDevice]
        // Eight configurations of the greatest length are the most that Linux reads. sysfs cuts nothing off.
        let bytes = SystemFile.bytes("\(path)/descriptors", limit: 18 + 8 * 65_535)
        if let descriptors = bytes.flatMap({ UsbDescriptors($0) }) {
            ofDevice = descriptors.device
            interfaces = descriptors.interfaces
        }
        self.init(
            systemPath: path, busNumber: bus, deviceNumber: device, node: record.node,
            socket: UsbSocket.name(
                ofPath: record.property("ID_PATH"), systemPath: path, isSuperSpeed: Self.isSuperSpeed(path)),
            vendor: vendor, product: product,
            manufacturer: record.attribute("manufacturer").flatMap(SystemFile.text),
            productName: record.attribute("product").flatMap(SystemFile.text),
            serial: record.attribute("serial").flatMap(SystemFile.text),
            deviceClass: ofDevice, interfaces: interfaces, isCameraToUdev: record.property("ID_GPHOTO2") == "1")
    }

    private static func isSuperSpeed(_ systemPath: String) -> Bool {
        guard let hub = UsbSocket.rootHub(of: systemPath),
            let version = SystemFile.bytes("\(hub)/version", limit: 16).flatMap(SystemFile.text)
        else { return false }
        return (version.prefix { $0 != "." }).first.flatMap(\.wholeNumberValue).map { $0 >= 3 } ?? false
    }
}

extension UdevRecord {
    /// The device's number on its bus as the event has it (DEVNUM of the kernel's usb_dev_uevent).
    var eventDeviceNumber: Int? { property("DEVNUM").flatMap { Int($0) } }
}
