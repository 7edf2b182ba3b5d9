/// Bodies in a process of their own, as many again for the bare programs, and the server that has the first half.
final class ReleaseRig {
    let personality: ReleasePersonality
    let count: Int
    // The server before the bodies: it ends before them.
    private let fleet: FleetReleases
    private let bare: BareReleases
    private let seen: SeenTransactions
    private let bodies: BenchmarkBodies

    init(_ programs: Programs, _ personality: ReleasePersonality, count: Int) throws {
        self.personality = personality
        self.count = count
        bodies = try BenchmarkBodies(programs, [personality.bodies(2 * count)], isLogged: true, isRealtime: true)
        guard let log = bodies.log else { throw BenchmarkFailure("The bodies keep no log.") }
        seen = try SeenTransactions(path: log)
        let own = Array(bodies.ports.prefix(count))
        fleet = FleetReleases(
            server: try BenchmarkServer(programs, bodies: own), ports: own, hasView: personality.hasView)
        bare = BareReleases(
            programs: programs, ports: Array(bodies.ports.dropFirst(count)), hasView: personality.hasView)
    }

    /// Whether the bodies go before all else that runs here.
    var areBodiesRealtime: Bool { ProcessFigures.isRealtime(bodies.processID) }

    /// Lets the server release its bodies so often.
    func releaseByFleet(_ times: Int, into sides: inout ReleaseSides) throws {
        _ = try seen.next()
        let outcome = try fleet.release(times)
        sides.fleet.add(outcome.rounds, bodies: 1...count, seen: try seen.next())
        sides.incomplete += outcome.incomplete
        sides.late += outcome.late
        sides.isRealtime = sides.isRealtime && outcome.isRealtime
    }

    /// Lets a bare program release the others.
    func release(_ times: Int, by side: BareReleases.Side, into sides: inout ReleaseSides) throws {
        _ = try seen.next()
        let rounds = try bare.release(times, by: side)
        sides.bare[side, default: ReleaseRounds()].add(rounds, bodies: others, seen: try seen.next())
    }

    /// Lets as many threads as there are bodies sleep to one time.
    func sleep(_ times: Int, into sides: inout ReleaseSides) throws {
        let sleep = try bare.sleep(times)
        sides.sleepSpreads += sleep.spreads
        sides.sleepLateness += sleep.lateness
    }

    /// Lets processes of gphoto2 release the others.
    func releaseByProcesses(_ times: Int, into sides: inout ReleaseSides) throws {
        _ = try seen.next()
        let rounds = try bare.releaseByProcesses(times)
        sides.processes.add(rounds, bodies: others, seen: try seen.next())
    }

    private var others: ClosedRange<Int> { count + 1...2 * count }
}

/// What came of every side's releases under the same conditions.
struct ReleaseSides {
    let personality: ReleasePersonality
    let count: Int
    let isBusy: Bool
    var fleet = ReleaseRounds()
    var bare: [BareReleases.Side: ReleaseRounds] = [:]
    var processes = ReleaseRounds()
    /// How far apart threads ran that only slept to one time, and how long after it the last did, in microseconds: what the
    /// machine can do.
    var sleepSpreads: [Double] = []
    var sleepLateness: [Double] = []
    /// How many of the server's shots did not end complete.
    var incomplete = 0
    /// How many releases of a body the server called late: more than a millisecond after their time.
    var late = 0
    /// Whether the server's workers, and the virtual bodies, were on SCHED_FIFO.
    var isRealtime = true
    var areBodiesRealtime = true

    init(_ personality: ReleasePersonality, count: Int, isBusy: Bool) {
        self.personality = personality
        self.count = count
        self.isBusy = isBusy
    }
}
