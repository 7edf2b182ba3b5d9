/// Whether the desktop (GVfs) opens cameras to import pictures.
struct DesktopCheck: MachineCheck {
    /// The home folder of the user; nil where there is none.
    var home: String?

    /// What stops it, now and for good.
    static let remedy = """
        systemctl --user stop gvfs-gphoto2-volume-monitor.service (for good: mask --now instead of stop), and end what it \
        began: pkill gvfsd-gphoto2
        """

    private static let unit = "gvfs-gphoto2-volume-monitor.service"
    private static let programs: Set<String> = ["gvfs-gphoto2-volume-monitor", "gvfsd-gphoto2"]

    func findings(on machine: Machine) -> [Finding] {
        let running = machine.processes.filter { Self.programs.contains($0.name) }
        let rules = AccessRules(on: machine)
        if let process = running.first {
            let who = running.map { "\($0.name) (process \($0.number))" }.joined(separator: ", ")
            // Under our rule it does not see cameras; what is mounted already stays so.
            if rules.ours != nil, process.name != "gvfsd-gphoto2", running.count == 1 {
                return [.ok("desktop", "\(who) runs, and the udev rule keeps cameras from it.")]
            }
            return [
                .problem("desktop", "The desktop takes cameras to import pictures: \(who).", remedy: Self.remedy)
            ]
        }
        guard machine.exists("/usr/share/gvfs/remote-volume-monitors/gphoto2.monitor") else {
            return [.ok("desktop", "No desktop here takes cameras.")]
        }
        let masks = ["/etc/systemd/user"] + (home.map { ["\($0)/.config/systemd/user"] } ?? [])
        if masks.contains(where: { machine.target(ofLink: "\($0)/\(Self.unit)") == "/dev/null" }) {
            return [.ok("desktop", "The desktop's photo import is masked.")]
        }
        if rules.ours != nil {
            return [.ok("desktop", "The desktop could take cameras, and the udev rule keeps them from it.")]
        }
        return [
            .hint(
                "desktop", "The desktop's photo import does not run now, and comes with the next login.",
                remedy: "systemctl --user mask \(Self.unit), or the udev rule: \(AccessRules.installation)")
        ]
    }
}
