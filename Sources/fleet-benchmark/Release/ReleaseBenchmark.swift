import ArgumentParser
import Foundation

/// How near to each other many bodies are released, as they saw it themselves.
struct ReleaseBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract:
            "Release many bodies at once: the spread that they saw, against bare libgphoto2 and gphoto2 processes.",
        discussion: """
            All virtual bodies are in one process, which goes before all else where that is allowed (SCHED_FIFO), and notes \
            when the kernel received each request. In turns they are released by the server (ARM_GROUP, then FIRE_GROUP), \
            by a bare C program with a thread for each body at a barrier, as Debian's libgphoto2 is (stock) and with all \
            that makes it fast, SCHED_FIFO among it (best), and by as many gphoto2 processes. Where the bodies have it, \
            live view is on until they are armed. An EOS is released by the bare programs in two ways: by \
            gp_camera_trigger_capture, and by a press after a half press (eosremoterelease).

            In the same turns as many threads, on SCHED_FIFO, only sleep to one time: how far apart they run is what the \
            machine can do.

            "between" are a body's other transactions between the decision to release and the release, the most of all. \
            A thousand releases of sixteen bodies take some minutes.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("How many bodies, with commas between.", valueName: "numbers"))
    var bodies = "8,16"

    @Option(
        help: "How many releases of each side, in as many turns as --rounds says (default: 1000; 10000 with --aim).")
    var releases: Int?

    @Option(help: "How many releases of the bare programs, where other than of the server.")
    var bareReleases: Int?

    @Option(help: "How many releases by gphoto2 processes, which are slow.")
    var processReleases = 20

    @Option(help: "generic, nikon or canon-eos; may be given several times (default: all).")
    var personality: [ReleasePersonality] = []

    @Flag(help: "Then the same with busy loops on all processors.")
    var busy = false

    @Flag(help: "Sixteen bodies released by the server alone: how many spreads are above 0.5 and 1 ms.")
    var aim = false

    private var counts: [Int] { bodies.split(separator: ",").compactMap { Int($0) } }
    private var personalities: [ReleasePersonality] {
        personality.isEmpty ? ReleasePersonality.allCases : personality
    }

    func validate() throws {
        let words = bodies.split(separator: ",", omittingEmptySubsequences: false)
        guard counts.count == words.count, counts.allSatisfy({ 2...64 ~= $0 }) else {
            throw ValidationError("--bodies are numbers from 2 to 64 with commas between, such as 8,16.")
        }
        guard 1...100_000 ~= releases ?? 1 else { throw ValidationError("--releases is a number from 1 to 100000.") }
        guard 1...100_000 ~= bareReleases ?? 1 else {
            throw ValidationError("--bare-releases is a number from 1 to 100000.")
        }
        guard 0...1000 ~= processReleases else {
            throw ValidationError("--process-releases is a number from 0 to 1000.")
        }
    }

    mutating func run() async throws {
        let programs = try Programs(folder: common.programs)
        RunningProgram.endWithThisProgram()
        guard try aim ? measureAim(with: programs) : measure(with: programs) else { throw ExitCode(1) }
    }

    private func show(_ finding: Finding) throws -> Bool {
        print(common.json ? try finding.json : finding.text)
        // What was found is worth having when the rest fails.
        fflush(nil)
        return finding.holds
    }

    // MARK: All sides

    private func measure(with programs: Programs) throws -> Bool {
        var all: [ReleaseSides] = []
        var holds = true
        for personality in personalities {
            for count in counts {
                var idle: ReleaseSides?
                for isBusy in busy ? [false, true] : [false] {
                    let sides = try measure(personality, count, isBusy: isBusy, with: programs)
                    holds = try show(sides.finding(idle: idle)) && holds
                    if !isBusy { idle = sides }
                    all.append(sides)
                }
            }
        }
        if !common.json { print(ReleaseSides.table(all).joined(separator: "\n")) }
        return holds
    }

    /// Every side in its turn, again and again.
    private func measure(
        _ personality: ReleasePersonality, _ count: Int, isBusy: Bool, with programs: Programs
    ) throws -> ReleaseSides {
        let rig = try ReleaseRig(programs, personality, count: count)
        var sides = ReleaseSides(personality, count: count, isBusy: isBusy)
        sides.areBodiesRealtime = rig.areBodiesRealtime
        let loops = isBusy ? try BusyLoops() : nil
        defer { loops?.end() }
        let total = releases ?? 1000
        let turns = zip(Self.turns(of: total, common.rounds), Self.turns(of: bareReleases ?? total, common.rounds))
        for (times, bareTimes) in turns {
            if times > 0 { try rig.releaseByFleet(times, into: &sides) }
            for side in personality.bareSides where bareTimes > 0 {
                try rig.release(bareTimes, by: side, into: &sides)
            }
            if bareTimes > 0 { try rig.sleep(bareTimes, into: &sides) }
        }
        if processReleases > 0 { try rig.releaseByProcesses(processReleases, into: &sides) }
        return sides
    }

    /// A number in parts that are as equal as can be.
    private static func turns(of total: Int, _ parts: Int) -> [Int] {
        (0..<parts).map { total * ($0 + 1) / parts - total * $0 / parts }
    }

    // MARK: The aim

    private static let aimBodies = 16
    /// The bodies and the server are new after so many releases, since pictures pile up on the cards.
    private static let aimTurn = 1000

    private func measureAim(with programs: Programs) throws -> Bool {
        var holds = true
        for personality in personalities {
            let total = releases ?? 10_000
            var sides = ReleaseSides(personality, count: Self.aimBodies, isBusy: busy)
            let loops = busy ? try BusyLoops() : nil
            defer { loops?.end() }
            for times in Self.turns(of: total, (total + Self.aimTurn - 1) / Self.aimTurn) where times > 0 {
                let rig = try ReleaseRig(programs, personality, count: Self.aimBodies)
                sides.areBodiesRealtime = sides.areBodiesRealtime && rig.areBodiesRealtime
                try rig.releaseByFleet(times, into: &sides)
                try rig.sleep(times, into: &sides)
            }
            holds = try show(sides.aimFinding) && holds
        }
        return holds
    }
}
