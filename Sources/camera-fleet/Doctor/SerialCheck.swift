import Fleet

/// Whether the serial numbers on USB tell bodies apart. A body without one is no finding: many tell theirs only when they
/// are opened.
struct SerialCheck: MachineCheck {
    var bodies: [SeenBody]

    func findings(on machine: Machine) -> [Finding] {
        let cameras = bodies.filter { $0.kind == .camera }
        var findings: [Finding] = []
        var owners: [String: [SeenBody]] = [:]
        for body in cameras {
            guard let serial = body.serial else { continue }
            if SerialNumber.telling(serial) == nil {
                findings.append(
                    .hint(
                        "serial", "The serial number of \(body.name) tells nothing: \"\(serial)\".",
                        remedy: Self.remedy))
            } else {
                owners[serial, default: []].append(body)
            }
        }
        for (serial, bodies) in owners.sorted(by: { $0.key < $1.key }) where bodies.count > 1 {
            let names = bodies.map(\.name).joined(separator: ", ")
            findings.append(
                .hint(
                    "serial", "\(bodies.count) cameras have the serial number \(serial): \(names).", remedy: Self.remedy
                ))
        }
        if findings.isEmpty, cameras.count > 1 {
            findings.append(.ok("serial", "No two cameras have the same serial number."))
        }
        return findings
    }

    static let remedy =
        "Where the camera's own serial number does not help either, its name and number follow the USB socket: keep the "
        + "cables where they are."
}
