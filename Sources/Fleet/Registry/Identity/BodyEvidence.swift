import Archive
import FleetModel

/// What is known of a body that was opened, by which it is recognised (protocol.md, CAMERA_INFO).
struct BodyEvidence: Sendable, Hashable {
    /// Maker and model, as they stand in its id.
    let words: [String]
    /// Its own serial number, as it says it.
    let serial: String?
    /// What its device shows, on USB.
    let usb: UsbTrace?
    /// Where it is.
    let port: BodyPort

    /// What stays when it is replugged in the same socket: the socket, or a network body's address.
    var place: String { usb?.socket ?? port.path }

    /// Its own serial number, where that can tell bodies apart.
    var tellingSerial: String? { SerialNumber.telling(serial) }

    /// That of its USB descriptor, where that can tell bodies apart.
    var tellingUsbSerial: String? { SerialNumber.telling(usb?.serial) }
}

extension BodyEvidence {
    init(_ description: (model: String, manufacturer: String, serial: String?), usb: UsbTrace?, port: BodyPort) {
        self.init(
            words: Self.words(maker: description.manufacturer, model: description.model), serial: description.serial,
            usb: usb, port: port)
    }

    init(_ entry: RosterEntry) {
        self.init(
            words: Self.words(maker: entry.manufacturer, model: entry.model), serial: entry.serial, usb: entry.usb,
            port: BodyPort(path: entry.lastPort))
    }

    /// Maker and model, without the maker's name twice.
    private static func words(maker: String, model: String) -> [String] {
        let first = maker.split(separator: " ").first.map { $0.lowercased() } ?? ""
        let namesMaker = first.isEmpty || model.lowercased().hasPrefix(first)
        return namesMaker ? [model] : [maker, model]
    }
}

/// Serial numbers that makers did not fill in.
public enum SerialNumber {
    /// The serial number, unless it is empty, a row of one digit, or the one that all of QEMU's bodies have.
    public static func telling(_ serial: String?) -> String? {
        guard let serial = serial.map(trimmed), let first = serial.first else { return nil }
        guard !(serial.allSatisfy { $0 == first } && (first == "0" || serial.count >= 4)) else { return nil }
        let isOfQemu = serial.lowercased() == "0123456789abcdef0123456789abcdef"
        return isOfQemu ? nil : serial
    }

    private static func trimmed(_ serial: String) -> String {
        var rest = serial[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest.drop { $0.isWhitespace })
    }
}
