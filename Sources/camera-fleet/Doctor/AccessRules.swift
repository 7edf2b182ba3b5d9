/// The udev rules that give cameras to users, as far as their files tell.
struct AccessRules: Equatable, Sendable {
    /// Our rule, as it is in the repository's folder Deploy.
    static let fileName = "70-camera-fleet.rules"

    /// How it is installed.
    static let installation = """
        sudo cp Deploy/\(fileName) /etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm trigger \
        --action=add --subsystem-match=usb
        """

    /// How a user comes into the rule's group.
    static func joining(_ user: MachineUser) -> String {
        "A user who does not sit at the machine has to be in the group plugdev: `sudo adduser \(user.name) plugdev`, and "
            + "log in again."
    }

    /// The folders of rules; a file in an earlier one hides those of its name in later ones (udev(7)).
    private static let folders = [
        "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
        "/lib/udev/rules.d",
    ]

    /// Where the rule of this house is.
    var ours: String?
    /// Where libgphoto2's is.
    var ofLibgphoto2: String?

    /// Looks for them.
    init(on machine: Machine) {
        var seen: Set<String> = []
        for folder in Self.folders {
            for name in machine.names(in: folder) where name.hasSuffix(".rules") && seen.insert(name).inserted {
                let path = "\(folder)/\(name)"
                // An empty file, or a link to nothing, takes the rule of that name away.
                guard machine.target(ofLink: path) != "/dev/null", machine.line(path)?.isEmpty == false else {
                    continue
                }
                if name.hasSuffix("camera-fleet.rules") { ours = ours ?? path }
                if name.contains("libgphoto2") { ofLibgphoto2 = ofLibgphoto2 ?? path }
            }
        }
    }
}
