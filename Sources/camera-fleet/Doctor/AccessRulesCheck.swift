/// Whether udev gives cameras to this user: a rule, the daemon that applies it, and the group that it names.
struct AccessRulesCheck: MachineCheck {
    var user: MachineUser

    func findings(on machine: Machine) -> [Finding] {
        [rule(on: machine), daemon(on: machine), group(on: machine)]
    }

    private func rule(on machine: Machine) -> Finding {
        let rules = AccessRules(on: machine)
        if let ours = rules.ours {
            let name = ours.split(separator: "/").last ?? ""
            // After libgphoto2's (60) and libmtp's (69), before the seat's user is given what is tagged (73).
            guard name > "69-libmtp.rules", name < "73-seat-late.rules" else {
                return .problem(
                    "udev-rule", "\(ours) is not read in its turn: its number has to be 70.",
                    remedy: "sudo mv \(ours) /etc/udev/rules.d/\(AccessRules.fileName) && sudo udevadm control --reload"
                )
            }
            return .ok("udev-rule", "The udev rule \(ours) gives cameras to the group plugdev and to the seat's user.")
        }
        if let other = rules.ofLibgphoto2 {
            return .hint(
                "udev-rule",
                "libgphoto2's udev rule \(other) gives access to cameras, but lets the desktop open them and "
                    + "USB ports go to sleep.", remedy: AccessRules.installation)
        }
        let message = "No udev rule gives access to cameras."
        return user.isAdministrator
            ? .hint("udev-rule", "\(message) As root none is needed.", remedy: AccessRules.installation)
            : .problem("udev-rule", message, remedy: AccessRules.installation)
    }

    private func daemon(on machine: Machine) -> Finding {
        if machine.exists("/run/udev/control") { return .ok("udevd", "udevd runs.") }
        return .hint(
            "udevd", "udevd does not run here, so no rule is applied.",
            remedy: "In a container that is as it should be, and rules belong on its host; elsewhere: "
                + "sudo apt-get install udev && sudo systemctl start systemd-udevd")
    }

    private func group(on machine: Machine) -> Finding {
        if user.isAdministrator { return .ok("group", "As root no group is needed.") }
        let lines = (machine.text("/etc/group") ?? "").split(separator: "\n")
        let fields = lines.lazy.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
            .first { $0.count >= 4 && $0[0] == "plugdev" }
        guard let fields, let number = UInt32(fields[2]) else {
            return .hint(
                "group", "There is no group plugdev: only the user at the seat gets cameras.",
                remedy: "sudo groupadd --system plugdev && sudo adduser \(user.name) plugdev; log in again")
        }
        if user.groups.contains(number) { return .ok("group", "\(user.name) is in the group plugdev.") }
        if fields[3].split(separator: ",").contains(Substring(user.name)) {
            return .hint(
                "group", "\(user.name) was put into the group plugdev, and this session began before that.",
                remedy: "Log out and in again.")
        }
        return .hint(
            "group", "\(user.name) is not in the group plugdev: cameras can be opened only at the seat.",
            remedy: "sudo adduser \(user.name) plugdev; log in again")
    }
}
