/// Whether libgphoto2 is one that this server was made for.
struct DriverVersionCheck: MachineCheck {
    /// What the workers' library says of itself; nil where it does not answer.
    var version: String?

    func findings(on machine: Machine) -> [Finding] {
        guard let text = version else {
            return [
                .problem(
                    "libgphoto2", "libgphoto2 and its drivers do not answer.",
                    remedy: "sudo apt-get install --reinstall libgphoto2-6")
            ]
        }
        let numbers = Self.numbers(text)
        guard numbers.count == 3 else {
            return [
                .hint("libgphoto2", "libgphoto2 calls its version \"\(text)\", which is not understood.", remedy: nil)
            ]
        }
        let remedy = "Debian 12 and Ubuntu 24.04 have 2.5.30: upgrade the system, or build libgphoto2 anew."
        if numbers.lexicographicallyPrecedes([2, 5, 27]) {
            return [
                .problem("libgphoto2", "libgphoto2 is \(text), too old: from 2.5.27 on bodies work.", remedy: remedy)
            ]
        }
        if numbers.lexicographicallyPrecedes([2, 5, 30]) {
            return [.hint("libgphoto2", "libgphoto2 is \(text); this server is tried with 2.5.30.", remedy: remedy)]
        }
        return [.ok("libgphoto2", "libgphoto2 is \(text).")]
    }

    private static func numbers(_ version: String) -> [Int] {
        version.split(separator: ".").prefix(3).map { Int($0.prefix { $0.isNumber }) ?? 0 }
    }
}
