import Hotplug

extension UsbDevice {
    /// A Nikon at a port of the first bus, whose number is another after each replug.
    static func nikon(at port: Int = 1, number: Int = 2, serial: String? = nil) -> UsbDevice {
        UsbDevice(
            systemPath: "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-\(port)", busNumber: 1, deviceNumber: number,
            vendor: 0x04B0, product: 0x0438, manufacturer: "NIKON", productName: "NIKON DSC D780", serial: serial,
            interfaces: [.stillImage])
    }

    /// A device of one interface.
    static func device(
        _ interface: (UInt8, UInt8, UInt8), vendor: UInt16 = 0x1209, name: String? = nil, isCameraToUdev: Bool = false
    ) -> UsbDevice {
        UsbDevice(
            systemPath: "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-9", busNumber: 1, deviceNumber: 9, vendor: vendor,
            product: 1, productName: name,
            interfaces: [UsbInterface(class: interface.0, subclass: interface.1, protocol: interface.2)],
            isCameraToUdev: isCameraToUdev)
    }
}
