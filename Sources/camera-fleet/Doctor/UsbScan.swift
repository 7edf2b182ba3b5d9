import Glibc

/// The bodies that are on USB now, as sysfs and libgphoto2's own list tell.
struct UsbScan: Sendable {
    private static let folder = "/sys/bus/usb/devices"

    var machine: Machine
    /// What libgphoto2 calls the bodies that it finds, by their ports.
    var models: [String: String]

    /// All of them, in the order of their ports.
    var bodies: [SeenBody] {
        let names = machine.names(in: Self.folder)
        let found = names.compactMap { name in
            name.contains(":") || name.hasPrefix("usb")
                ? nil : body(name, interfaces: names.filter { $0.hasPrefix("\(name):") })
        }
        let holders = NodeHolders(of: Set(found.map(\.node)), on: machine)
        return found.map { body in
            var body = body
            body.holders = holders.byNode[body.node] ?? []
            return body
        }.sorted { $0.port < $1.port }
    }

    private func body(_ name: String, interfaces: [String]) -> SeenBody? {
        let folder = "\(Self.folder)/\(name)"
        func attribute(_ key: String) -> String? { machine.line("\(folder)/\(key)").flatMap { $0.isEmpty ? nil : $0 } }
        guard let bus = attribute("busnum").flatMap(Int.init), let device = attribute("devnum").flatMap(Int.init),
            let vendor = attribute("idVendor")
        else { return nil }
        let numbers = (Self.threeDigits(bus), Self.threeDigits(device))
        let port = "usb:\(numbers.0),\(numbers.1)"
        let product = attribute("product") ?? "\(vendor):\(attribute("idProduct") ?? "?")"
        let classes = interfaces.map { interface in
            ["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"].map {
                machine.line("\(Self.folder)/\(interface)/\($0)") ?? ""
            }
        }
        guard let kind = kind(port: port, vendor: vendor, product: product, interfaces: classes) else { return nil }
        let node = "/dev/bus/usb/\(numbers.0)/\(numbers.1)"
        return SeenBody(
            kind: kind, model: models[port] ?? Self.model(attribute("manufacturer"), product), port: port, node: node,
            systemPath: systemPath(folder), serial: attribute("serial"),
            isAccessible: access(machine.root + node, R_OK | W_OK) == 0, ownership: machine.ownership(of: node))
    }

    private func kind(port: String, vendor: String, product: String, interfaces: [[String]]) -> SeenBody.Kind? {
        // Still image capture, PTP: class 6/1/1 of the USB device classes.
        if models[port] != nil || interfaces.contains(["06", "01", "01"]) { return .camera }
        guard CameraMakers.made(vendor: vendor, product: product) else { return nil }
        return !interfaces.isEmpty && interfaces.allSatisfy { $0.first == "08" } ? .storage : .unsupported
    }

    /// Maker and product, without the maker's name twice.
    private static func model(_ maker: String?, _ product: String) -> String {
        guard let maker, let word = maker.split(separator: " ").first,
            !product.lowercased().hasPrefix(word.lowercased())
        else { return product }
        return "\(maker) \(product)"
    }

    /// Where the entry of the bus's folder points to.
    private func systemPath(_ folder: String) -> String {
        guard let target = machine.target(ofLink: folder), let devices = target.firstRange(of: "devices/") else {
            return folder
        }
        return "/sys/\(target[devices.lowerBound...])"
    }

    private static func threeDigits(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, 3 - text.count)) + text
    }
}

/// Who has device files open, as far as this user may see it: links in /proc/PROCESS/fd.
struct NodeHolders: Sendable {
    private(set) var byNode: [String: [SeenBody.Holder]] = [:]

    init(of nodes: Set<String>, on machine: Machine) {
        guard !nodes.isEmpty else { return }
        for name in machine.names(in: "/proc") {
            guard let process = Int32(name) else { continue }
            var held: Set<String> = []
            for descriptor in machine.names(in: "/proc/\(name)/fd") {
                guard let target = machine.target(ofLink: "/proc/\(name)/fd/\(descriptor)") else { continue }
                if nodes.contains(target) { held.insert(target) }
            }
            guard !held.isEmpty else { continue }
            let path = (machine.text("/proc/\(name)/cmdline") ?? "").prefix { $0 != "\0" }
            let program = path.split(separator: "/").last.map(String.init) ?? machine.line("/proc/\(name)/comm")
            for node in held {
                byNode[node, default: []].append(.init(process: process, program: program ?? "a program"))
            }
        }
    }
}

extension Machine {
    /// Whose a file is: `root:plugdev, mode 0664`; nil where it is not there.
    func ownership(of path: String) -> String? {
        var status = stat()
        guard stat(root + path, &status) == 0 else { return nil }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        let owner = name(of: status.st_uid, in: "/etc/passwd")
        let group = name(of: status.st_gid, in: "/etc/group")
        return "\(owner):\(group), mode \(String(repeating: "0", count: max(0, 4 - mode.count)))\(mode)"
    }

    private func name(of number: UInt32, in file: String) -> String {
        for line in (text(file) ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, UInt32(fields[2]) == number { return String(fields[0]) }
        }
        return "\(number)"
    }
}
