/// Whether the kernel interrupts its own work for a thread of realtime priority: where it does not, a body of a group is
/// released late when another program is in the kernel at that moment.
struct PreemptionCheck: MachineCheck {
    /// A way of the kernel (its parameter `preempt=`).
    private enum Way: String {
        case none, voluntary, lazy, full
    }

    /// What the kernel writes at its start (kernel/sched/core.c).
    private static let words = "Dynamic Preempt: "

    func findings(on machine: Machine) -> [Finding] {
        let version = machine.line("/proc/version") ?? ""
        if version.contains("PREEMPT_RT") {
            return [.ok("preemption", "The kernel interrupts its own work for a release (PREEMPT_RT).")]
        }
        guard let way = way(on: machine) else { return [] }
        switch way {
        // What is lazy is so for ordinary threads only.
        case .full, .lazy:
            return [.ok("preemption", "The kernel interrupts its own work for a release (preempt=\(way.rawValue)).")]
        case .none, .voluntary:
            return [
                .hint(
                    "preemption",
                    "The kernel does not interrupt its own work for a release (preempt=\(way.rawValue)): on a busy machine "
                        + "a body of a group may be released some milliseconds after the others.",
                    remedy: "Start it with preempt=full: add that to GRUB_CMDLINE_LINUX in /etc/default/grub, "
                        + "sudo update-grub, and restart the machine.")
            ]
        }
    }

    /// As it is now, where that may be read, or was at the start.
    private func way(on machine: Machine) -> Way? {
        if let text = machine.line("/sys/kernel/debug/sched/preempt"), let start = text.firstIndex(of: "("),
            let end = text.firstIndex(of: ")"), start < end
        {
            return Way(rawValue: String(text[text.index(after: start)..<end]))
        }
        let parameters = machine.line("/proc/cmdline")?.split(separator: " ") ?? []
        if let given = parameters.last(where: { $0.hasPrefix("preempt=") }) {
            return Way(rawValue: String(given.dropFirst("preempt=".count)))
        }
        guard case .lines(let lines) = KernelLog(on: machine, with: [Self.words]),
            let line = lines.last, let place = line.firstRange(of: Self.words)
        else { return nil }
        return Way(rawValue: String(line[place.upperBound...].prefix { $0.isLetter }))
    }
}
