/// Whether each body can be opened: seen at all, the right mode, permission, nobody else at it.
struct BodiesCheck: MachineCheck {
    var bodies: [SeenBody]
    var user: MachineUser

    func findings(on machine: Machine) -> [Finding] {
        guard !bodies.isEmpty else {
            return [
                .hint(
                    "bodies", "There is no camera on USB.",
                    remedy:
                        "Switch the cameras on, look at their cables, and set their USB mode to PTP or \"PC remote\"; "
                        + "`lsusb` lists what the machine sees. Cameras on the network need none of this.")
            ]
        }
        return bodies.flatMap(findings)
    }

    private func findings(_ body: SeenBody) -> [Finding] {
        switch body.kind {
        case .storage:
            return [
                .problem(
                    "bodies", "\(body.name) shows its card as a disk: nothing can be controlled that way.",
                    remedy: "Set its USB mode to PTP or \"PC remote\" in its menu, and plug it in again.")
            ]
        case .unsupported:
            return [
                .problem(
                    "bodies",
                    "\(body.name) shows neither a camera nor a card: it only charges, or libgphoto2 does not "
                        + "know it.",
                    remedy: "Set its USB mode to PTP or \"PC remote\" in its menu (not \"charge\" or \"webcam\"); "
                        + "`gphoto2 --list-cameras` lists the models that libgphoto2 knows.")
            ]
        case .camera: break
        }
        var findings: [Finding] = []
        if !body.isAccessible { findings.append(permission(body)) }
        findings += body.holders.map { held(body, by: $0) }
        return findings.isEmpty ? [.ok("bodies", "\(body.name) can be opened by \(user.name).")] : findings
    }

    private func permission(_ body: SeenBody) -> Finding {
        guard let ownership = body.ownership else {
            return .problem(
                "bodies", "\(body.name) has no device file \(body.node).",
                remedy: "In a container, hand /dev/bus/usb in; otherwise plug the camera in again.")
        }
        return .problem(
            "bodies", "\(body.name) may not be opened by \(user.name): \(body.node) belongs to \(ownership).",
            remedy: "\(AccessRules.installation); plug the camera in again. \(AccessRules.joining(user))")
    }

    private func held(_ body: SeenBody, by holder: SeenBody.Holder) -> Finding {
        let who = "\(holder.program) (process \(holder.process))"
        if holder.program.hasPrefix("body-worker") {
            return .ok("bodies", "\(body.name) is in use by a fleet server here: \(who).")
        }
        if holder.program.hasPrefix("gvfs") {
            return .problem(
                "bodies", "\(body.name) is held by the desktop's photo import: \(who).", remedy: DesktopCheck.remedy)
        }
        return .problem(
            "bodies", "\(body.name) is held by \(who).",
            remedy: "Close that program; if it does not end, `kill \(holder.process)`.")
    }
}
