import Foundation
import Glibc

/// The kernel's virtual USB controllers (the module vhci-hcd), to which a device is attached by a socket.
public struct VirtualUsbBus: Sendable {
    /// Why no device can be attached.
    public struct Unavailable: Error, CustomStringConvertible {
        /// A sentence for a person.
        public let description: String
    }

    private let folder: String

    /// The bus of this machine.
    public static let ofThisMachine = VirtualUsbBus(folder: "/sys/devices/platform/vhci_hcd.0")

    /// The bus whose files are in a folder.
    init(folder: String) { self.folder = folder }

    private static let highSpeed = 3
    private static let isFree = "004"

    /// Attaches a device that speaks USB/IP at the other end of a socket, to a free port. The caller closes the descriptor:
    /// the kernel has its own reference then, and takes the device away when the other end is closed.
    func attach(_ descriptor: Int32) throws(Unavailable) {
        // Another program may take a port in between.
        for port in try freePorts() {
            let line = "\(port) \(descriptor) \(port + 1) \(Self.highSpeed)"
            let file = open("\(folder)/attach", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { break }
            defer { close(file) }
            if write(file, line, line.utf8.count) == line.utf8.count { return }
            guard errno == EBUSY || errno == EINVAL else { break }
        }
        let reason = errno == EACCES ? "only root may" : String(cString: strerror(errno))
        throw Unavailable(description: "No device can be attached to the virtual USB controller: \(reason).")
    }

    /// The free ports of high speed.
    private func freePorts() throws(Unavailable) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0 == "status" || $0.hasPrefix("status.") }
        guard !files.isEmpty else {
            throw Unavailable(
                description: "This machine has no virtual USB controller. As root, type: modprobe vhci-hcd")
        }
        var ports: [Int] = []
        for file in files {
            let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count > 2, fields[0] == "hs", fields[2] == Self.isFree, let port = Int(fields[1]) else {
                    continue
                }
                ports.append(port)
            }
        }
        guard !ports.isEmpty else {
            throw Unavailable(description: "Every port of the virtual USB controller is taken.")
        }
        return ports.sorted()
    }
}
