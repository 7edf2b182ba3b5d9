/// Whether the kernel gives USB transfers of programs enough memory (usbfs_memory_mb, in MB; 0 is no limit). libgphoto2
/// asks for 512 KiB at once, so a body that downloads holds that much, and everybody else on the machine shares the rest.
struct UsbMemoryCheck: MachineCheck {
    static let path = "/sys/module/usbcore/parameters/usbfs_memory_mb"

    /// Up to so many bodies the kernel's 16 MB do.
    private static let few = 4

    var bodies: Int

    func findings(on machine: Machine) -> [Finding] {
        guard let text = machine.line(Self.path) else {
            return [.hint("usb-memory", "The kernel's memory for USB cannot be read: \(Self.path).", remedy: nil)]
        }
        guard let megabytes = Int(text), megabytes >= 0 else {
            return [.hint("usb-memory", "\(Self.path) says \"\(text)\", which is no number.", remedy: nil)]
        }
        if megabytes == 0 { return [.ok("usb-memory", "The kernel does not limit the memory for USB transfers.")] }
        let wanted = 16 + 2 * bodies
        let sentence = "The kernel has \(megabytes) MB for USB transfers of programs"
        if bodies <= Self.few || megabytes >= wanted {
            return [.ok("usb-memory", "\(sentence), enough for \(bodies) \(bodies == 1 ? "camera" : "cameras").")]
        }
        var advised = 64
        while advised < wanted { advised *= 2 }
        let remedy = """
            echo \(advised) | sudo tee \(Self.path); to make it last: \
            echo "options usbcore usbfs_memory_mb=\(advised)" | sudo tee /etc/modprobe.d/camera-fleet.conf && \
            sudo update-initramfs -u, or usbcore.usbfs_memory_mb=\(advised) on the kernel's command line
            """
        return megabytes < bodies
            ? [.problem("usb-memory", "\(sentence), too little for \(bodies) cameras.", remedy: remedy)]
            : [.hint("usb-memory", "\(sentence), which is scant for \(bodies) cameras at once.", remedy: remedy)]
    }
}
