import Hotplug
import Testing

@Suite("What is a camera on USB") struct UsbRoleTests {
    private let models = UsbModels([
        .init(name: "Nikon DSC D780", vendor: 0x04B0, product: 0x0438),
        .init(name: "Nikon DSC D780 (again)", vendor: 0x04B0, product: 0x0438),
        .init(name: "USB PTP Class Camera", class: 6, subclass: -1, protocol: -1),
        .init(name: "MTP Device", class: 666, subclass: -1, protocol: -1),
    ])

    @Test("The first model of its ids names a device, and else the first of its class")
    func knownModels() {
        #expect(UsbDevice.nikon().role(under: models) == .camera(model: "Nikon DSC D780"))
        #expect(UsbDevice.device((6, 1, 1)).role(under: models) == .camera(model: "USB PTP Class Camera"))
        #expect(models.count == 4)
    }

    @Test("A still image interface makes a camera that no driver's table knows, and so does udev's word")
    func cameraWithoutModel() {
        #expect(UsbDevice.device((6, 1, 1)).role(under: .none) == .camera(model: nil))
        #expect(UsbDevice.device((255, 0, 0), isCameraToUdev: true).role(under: models) == .camera(model: nil))
        #expect(UsbDevice.device((255, 0, 0)).role(under: models) == .other)
    }

    @Test(
        "A drive is a camera in the wrong mode where its maker makes cameras alone, or its name says so",
        arguments: [
            (0x04B0, nil, true), (0x04A9, "Canon Digital Camera", true), (0x04A9, "CanoScan 9000F", false),
            (0x054C, "ILCE-7M4", true), (0x054C, "USB Flash Drive", false), (0x054C, nil, false),
            (0x0781, "Ultra", false),
        ] as [(UInt16, String?, Bool)])
    func drive(vendor: UInt16, name: String?, isCamera: Bool) {
        let role = UsbDevice.device((8, 6, 80), vendor: vendor, name: name).role(under: models)
        #expect(role == (isCamera ? .cameraInWrongMode : .other))
    }

    @Test("Printers, keyboards, hubs and a maker's memory card reader beside other interfaces are none")
    func others() {
        for kind in [(7, 1, 2), (3, 1, 1), (2, 2, 1), (9, 0, 0), (1, 1, 0)] as [(UInt8, UInt8, UInt8)] {
            #expect(UsbDevice.device(kind).role(under: models) == .other)
        }
        var silent = UsbDevice.nikon()
        silent.interfaces = []
        #expect(silent.role(under: models) == .other)
        var mixed = UsbDevice.device((8, 6, 80), vendor: 0x04B0)
        mixed.interfaces.append(UsbInterface(class: 255, subclass: 0, protocol: 0))
        #expect(mixed.role(under: .none) == .other)
    }

    @Test("The port is in libgphoto2's words, and the node where Linux has it")
    func port() {
        #expect(UsbDevice.nikon(number: 7).port == "usb:001,007")
        #expect(UsbDevice.nikon(number: 107).node == "/dev/bus/usb/001/107")
        #expect(UsbDevice.nikon(at: 3).socket == "pci-0000:00:14.0-usb-0:3")
    }
}
