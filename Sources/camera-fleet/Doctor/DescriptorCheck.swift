import Glibc

/// How many files and connections a server of this user may have open (RLIMIT_NOFILE; it raises its own limit to the hard
/// one).
struct DescriptorCheck: MachineCheck {
    /// What a body takes in the server, and a client: its link, its worker, and what they have under way.
    private static let each = 8

    var limit: UInt64
    var bodies: Int

    func findings(on machine: Machine) -> [Finding] {
        let wanted = UInt64(256 + Self.each * bodies)
        if limit >= max(4096, wanted) {
            return [.ok("open-files", "A server may have \(limit == .max ? "any number of" : "\(limit)") files open.")]
        }
        let remedy =
            "echo '@plugdev - nofile 65536' | sudo tee /etc/security/limits.d/camera-fleet-files.conf, and log in again; "
            + "in a systemd unit: LimitNOFILE=65536"
        return limit < wanted
            ? [
                .problem(
                    "open-files", "A server may have \(limit) files open, too few for \(bodies) cameras.",
                    remedy: remedy)
            ]
            : [.hint("open-files", "A server may have \(limit) files open, few for many clients.", remedy: remedy)]
    }

    /// With the limit of this process.
    static func current(bodies: Int) -> DescriptorCheck {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return DescriptorCheck(limit: UInt64(limit.rlim_max), bodies: bodies)
    }
}
