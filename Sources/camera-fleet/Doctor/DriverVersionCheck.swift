/// Whether libgphoto2 is one that this server was made for.
struct DriverVersionCheck: MachineCheck {
    /// The folders of libraries, of which each may have libgphoto2's drivers in a folder of its version.
    private static let folders = ["/usr/local/lib", "/usr/lib"]

    func findings(on machine: Machine) -> [Finding] {
        guard let text = Self.version(on: machine) else {
            return [
                .problem(
                    "libgphoto2", "libgphoto2's drivers are not to be found.",
                    remedy: "sudo apt-get install libgphoto2-6")
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

    /// The version of the drivers that are installed: of those in the folder that the loader looks into first, the newest.
    private static func version(on machine: Machine) -> String? {
        for folder in folders {
            let places =
                [folder] + machine.names(in: folder).filter { $0.contains("-linux-gnu") }.map { "\(folder)/\($0)" }
            let versions = places.flatMap { machine.names(in: "\($0)/libgphoto2") }.filter {
                $0.first?.isNumber == true
            }
            if let newest = versions.max(by: { numbers($0).lexicographicallyPrecedes(numbers($1)) }) { return newest }
        }
        return nil
    }

    private static func numbers(_ version: String) -> [Int] {
        version.split(separator: ".").prefix(3).map { Int($0.prefix { $0.isNumber }) ?? 0 }
    }
}
