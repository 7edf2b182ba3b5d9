public import ArgumentParser
import Foundation
public import Hotplug

/// Prints what comes and goes on USB, one JSON object a line: to see what a rig's hubs and cables do.
@main struct UsbWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usb-watch",
        abstract: "Shows cameras being plugged in and out, one line of JSON for each event, until it is interrupted.",
        discussion: """
            What is there already is shown first. A camera is told by an interface of still image capture, by udev's rules, \
            or, when its menu is set to be a drive, by its maker.
            """)

    @Flag(help: "Show everything on USB, not only cameras.") var all = false
    @Flag(help: "Show what is there now, and end.") var list = false
    @Option(help: "Who tells: udev, or the kernel where udev does not run.") var source = UdevMonitor.Group.running()

    func run() async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func show(_ line: WatchLine) throws {
            try FileHandle.standardOutput.write(contentsOf: encoder.encode(line) + Data("\n".utf8))
        }
        if list {
            for device in try UsbDevice.all() {
                let role = device.role(under: .none)
                if all || role != .other { try show(WatchLine("present", device, role)) }
            }
            return
        }
        for try await event in UdevMonitor(models: .none, tellsOthers: all, group: source).events {
            switch event {
            case .arrived(let device, let role): try show(WatchLine("arrived", device, role))
            case .left(let device): try show(WatchLine("left", device))
            case .changed(let device): try show(WatchLine("changed", device))
            }
        }
    }
}

extension UdevMonitor.Group: ExpressibleByArgument {}

/// One line.
private struct WatchLine: Encodable {
    let event: String
    let role: String?
    let port: String
    let socket: String
    let id: String
    let manufacturer: String?
    let product: String?
    let serial: String?
    let interfaces: [[UInt8]]

    init(_ event: String, _ device: UsbDevice, _ role: UsbRole? = nil) {
        self.event = event
        switch role {
        case nil: self.role = nil
        case .camera: self.role = "camera"
        case .cameraInWrongMode: self.role = "camera in the wrong mode"
        case .other: self.role = "other"
        }
        port = device.port
        socket = device.socket
        id = [device.vendor, device.product].map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: ":")
        manufacturer = device.manufacturer
        product = device.productName
        serial = device.serial
        interfaces = device.interfaces.map { [$0.class, $0.subclass, $0.protocol] }
    }
}
