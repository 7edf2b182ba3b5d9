/// What was measured of one body, alone and under load.
struct PriorityResults {
    /// Milliseconds of each.
    struct Latencies {
        var commands: [Double] = []
        var releases: [Double] = []
    }

    var alone = Latencies()
    var loaded = Latencies()
    /// Megabytes a second.
    var downloadAlone: [Double] = []
    var downloadBeside: [Double] = []
    /// A second.
    var framesAlone: [Double] = []
    var framesBeside: [Double] = []

    /// Another round.
    mutating func add(_ other: PriorityResults) {
        alone.commands += other.alone.commands
        alone.releases += other.alone.releases
        loaded.commands += other.loaded.commands
        loaded.releases += other.loaded.releases
        downloadAlone += other.downloadAlone
        downloadBeside += other.downloadBeside
        framesAlone += other.framesAlone
        framesBeside += other.framesBeside
    }
}
