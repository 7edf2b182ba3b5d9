/// Names of the sockets that USB devices are plugged into: the way from the controller through the ports of hubs.
///
/// It is what udev calls ID_PATH, such as `pci-0000:00:14.0-usb-0:2.1`; where udev does not run, the same is made of
/// the path in sysfs as udev's path_id makes it. A controller has one bus for SuperSpeed and one for the rest, whose
/// ports are numbered alike: so that two devices never have the same name, that of SuperSpeed has `usbv3` in place of
/// `usb`.
public enum UsbSocket {
    /// The name of a device's socket. `path` is ID_PATH where it is known, `isSuperSpeed` whether the root hub is one
    /// of USB 3.
    public static func name(ofPath path: String?, systemPath: String, isSuperSpeed: Bool) -> String {
        let name = path.flatMap { $0.isEmpty ? nil : $0 } ?? made(of: systemPath)
        guard isSuperSpeed, let usb = lastRange(of: "usb-0:", in: name) else { return name }
        return name.replacing("usb-0:", with: "usbv3-0:", subrange: usb)
    }

    /// The folder of the root hub above a device; nil where there is none.
    static func rootHub(of systemPath: String) -> String? {
        let parts = systemPath.split(separator: "/")
        guard let index = parts.lastIndex(where: isRootHub) else { return nil }
        return "/" + parts[...index].joined(separator: "/")
    }

    private static func made(of systemPath: String) -> String {
        let parts = systemPath.split(separator: "/")
        guard let index = parts.lastIndex(where: isRootHub), index > 0 else { return fallback(parts) }
        let controller = parts[index - 1]
        // A root hub itself is in no socket, and is the controller's.
        let ports = index + 1 < parts.count ? parts[parts.count - 1].split(separator: "-", maxSplits: 1) : ["", "0"]
        guard ports.count == 2 else { return fallback(parts) }
        let end = "usb-0:\(ports[1])"
        guard isPciAddress(controller) else { return "platform-\(controller)-\(end)" }
        let bridge = parts.firstIndex { $0.hasPrefix("pci") && $0.contains(":") }
        let isOnPlatform = parts.dropFirst(2).first == "platform"
        guard isOnPlatform, let bridge, bridge > 0 else { return "pci-\(controller)-\(end)" }
        return "platform-\(parts[bridge - 1])-pci-\(controller)-\(end)"
    }

    private static func fallback(_ parts: [Substring]) -> String {
        parts.drop { $0 == "sys" || $0 == "devices" }.joined(separator: "-")
    }

    /// `usb1`
    private static func isRootHub(_ part: Substring) -> Bool {
        part.hasPrefix("usb") && part.count > 3 && part.dropFirst(3).allSatisfy(\.isNumber)
    }

    /// `0000:00:14.0`
    private static func isPciAddress(_ part: Substring) -> Bool {
        let numbers = part.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
        return numbers.count == 4 && part.filter { $0 == ":" }.count == 2
            && numbers.allSatisfy { number in
                !number.isEmpty && number.allSatisfy(\.isHexDigit)
            }
    }

    private static func lastRange(of word: String, in text: String) -> Range<String.Index>? {
        text.ranges(of: word).last
    }
}
