/// Whether the kernel may put bodies to sleep (power/control of the device, Documentation/driver-api/usb/power-management).
struct AutosuspendCheck: MachineCheck {
    var bodies: [SeenBody]

    func findings(on machine: Machine) -> [Finding] {
        guard !bodies.isEmpty else { return [forLaterBodies(on: machine)] }
        let sleepy = bodies.filter { machine.line("\($0.systemPath)/power/control") == "auto" }
        guard !sleepy.isEmpty else { return [.ok("autosuspend", "The kernel keeps every camera awake.")] }
        return sleepy.map { body in
            .problem(
                "autosuspend", "The kernel may put \(body.name) to sleep when it is idle.",
                remedy: "echo on | sudo tee \(body.systemPath)/power/control; for good: \(AccessRules.installation)")
        }
    }

    /// The setting that a device begins with, in seconds: less than 0 is never.
    private func forLaterBodies(on machine: Machine) -> Finding {
        guard let text = machine.line("/sys/module/usbcore/parameters/autosuspend"), let seconds = Int(text) else {
            return .ok("autosuspend", "There is no camera that could be put to sleep.")
        }
        if seconds < 0 || AccessRules(on: machine).ours != nil {
            return .ok("autosuspend", "The kernel will keep cameras awake.")
        }
        return .hint(
            "autosuspend", "Power-saving programs may put cameras to sleep after \(seconds) s.",
            remedy: AccessRules.installation)
    }
}
