/// Whether the kernel has turned USB devices away for want of endpoints or bandwidth.
struct KernelLogCheck: MachineCheck {
    /// What the kernel says then (drivers/usb in its sources).
    private static let words = [
        "Not enough host controller resources", "Not enough bandwidth", "not enough bandwidth",
        "Not enough HC resources",
    ]

    func findings(on machine: Machine) -> [Finding] {
        switch KernelLog(on: machine, with: Self.words) {
        case .lines(let lines):
            guard let last = lines.last else {
                return [.ok("kernel-log", "The kernel has not turned away any USB device.")]
            }
            let times = lines.count == 1 ? "once" : "\(lines.count) times"
            return [
                .problem(
                    "kernel-log",
                    "Since the start of the machine the kernel turned USB devices away \(times), at last with: \(last)",
                    remedy:
                        "Spread the cameras over more USB controllers (a PCIe card), or over ports with less behind "
                        + "them; plug the ones that are missing in again.")
            ]
        case .forbidden:
            return [
                .hint(
                    "kernel-log",
                    "The kernel's log may not be read by this user, so it is not known whether USB devices "
                        + "were turned away.", remedy: "sudo dmesg | grep -i 'not enough'")
            ]
        case .absent:
            return [
                .hint(
                    "kernel-log",
                    "There is no kernel log here, so it is not known whether USB devices were turned away.",
                    remedy: "On the host: sudo dmesg | grep -i 'not enough'")
            ]
        }
    }
}
