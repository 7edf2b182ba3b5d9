import Foundation
import Glibc

/// What the kernel says of a process.
enum ProcessFigures {
    /// The processor time that a process has used, its threads that ended among it; nil when there is no such process.
    static func processorTime(of process: Int32) -> Duration? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// Memory that is this process's alone and was written to (Private_Dirty of smaps_rollup), in bytes.
    static func privateDirty(of process: Int32) -> Int? {
        guard let rollup = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8) else {
            return nil
        }
        for line in rollup.split(separator: "\n") where line.hasPrefix("Private_Dirty:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    /// How many descriptors a process has.
    static func descriptors(of process: Int32) -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd"))?.count
    }

    /// How many threads a process has.
    static func threads(of process: Int32) -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task"))?.count
    }

    /// Whether a thread of a process goes before all ordinary ones (SCHED_FIFO).
    static func isRealtime(_ process: Int32) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.compactMap { Int32($0) }.contains { sched_getscheduler($0) == SCHED_FIFO }
    }

    /// The processes whose parent is `process`, zombies too.
    static func children(of process: Int32) -> [Int32] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.filter { parent(of: $0) == process }.sorted()
    }

    /// Whether a process has ended and was not taken away by its parent.
    static func isZombie(_ process: Int32) -> Bool { fields(of: process)?.first == "Z" }

    /// The arguments that a process was started with.
    static func arguments(of process: Int32) -> [String] {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return [] }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func parent(of process: Int32) -> Int32? {
        fields(of: process).flatMap { $0.count > 1 ? Int32($0[1]) : nil }
    }

    /// State, parent and what follows them.
    private static func fields(of process: Int32) -> [Substring]? {
        guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = line.lastIndex(of: ")")
        else { return nil }
        // The name, in parentheses, may hold anything; state and parent follow it.
        return line[line.index(after: end)...].split(separator: " ")
    }
}

/// How much of a processor processes use, between its making and `shares`.
struct ProcessorMeter {
    private let processes: [(who: String, process: Int32, before: Duration)]
    private let start = ContinuousClock.now

    init(_ processes: [(who: String, process: Int32)]) {
        self.processes = processes.map { ($0.who, $0.process, ProcessFigures.processorTime(of: $0.process) ?? .zero) }
    }

    /// Percent of one processor, by who used it.
    var shares: [String: Double] {
        let wall = start.duration(to: .now)
        var shares: [String: Double] = [:]
        for (who, process, before) in processes {
            guard let now = ProcessFigures.processorTime(of: process) else { continue }
            shares[who, default: 0] += 100 * ((now - before) / wall)
        }
        return shares
    }
}
