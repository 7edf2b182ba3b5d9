import Hotplug

/// The bodies among the devices that are on USB.
struct UsbScan: Sendable {
    var machine: Machine
    var devices: [UsbDevice]
    /// What libgphoto2 knows.
    var models: UsbModels

    /// All of them, in the order of the devices.
    var bodies: [SeenBody] {
        devices.compactMap { device in kind(of: device).map { body(device, $0) } }
    }

    private func kind(of device: UsbDevice) -> SeenBody.Kind? {
        switch device.role(under: models) {
        case .camera: return .camera
        case .cameraInWrongMode: return .storage
        case .other: return device.isOfCameraMaker ? .unsupported : nil
        }
    }

    private func body(_ device: UsbDevice, _ kind: SeenBody.Kind) -> SeenBody {
        let node = DeviceNode(path: machine.root + device.node)
        let permissions = node.permissions.map { "\($0.owner):\($0.group), mode \($0.mode)" }
        let holders = DeviceNode(path: device.node).holders(proc: "\(machine.root)/proc").map { holder in
            SeenBody.Holder(process: holder.process, program: machine.program(holder.process) ?? holder.program)
        }
        return SeenBody(
            kind: kind, model: models.model(of: device) ?? Self.model(device), port: device.port, node: device.node,
            systemPath: device.systemPath, serial: device.serial, isAccessible: node.isAccessible,
            ownership: permissions, holders: holders)
    }

    /// Maker and product, without the maker's name twice.
    private static func model(_ device: UsbDevice) -> String {
        guard let product = device.productName else {
            return "\(device.manufacturer ?? "A camera") (product \(String(device.product, radix: 16)))"
        }
        guard let maker = device.manufacturer, let word = maker.split(separator: " ").first,
            !product.lowercased().hasPrefix(word.lowercased())
        else { return product }
        return "\(maker) \(product)"
    }
}
