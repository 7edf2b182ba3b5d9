import ArgumentParser

/// `fleet-benchmark`: what the fleet costs, against bare C on the same libgphoto2 and the same bodies, in one run.
@main
struct FleetBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet-benchmark",
        abstract: "Measure the fleet against bare libgphoto2, as ratios of one run.",
        discussion: """
            Starts virtual bodies in a process of their own, the server, and a bare C program on the same libgphoto2: as \
            Debian ships it (stock), and with everything that is known to make it fast (best). Machines differ, and the \
            same machine differs from hour to hour, so what counts are the ratios. Each line says what must hold.

            Build it in release mode, with the programs that it starts: Deploy/benchmark does both.
            """,
        subcommands: [
            DownloadBenchmark.self, LiveViewBenchmark.self, WidgetBenchmark.self, CaptureBenchmark.self,
            StartBenchmark.self, MemoryBenchmark.self, SaveBenchmark.self, PriorityBenchmark.self, SoakBenchmark.self,
            EndureBenchmark.self, ReleaseBenchmark.self, LagBenchmark.self, ImagesBenchmark.self, AllBenchmarks.self,
        ],
        defaultSubcommand: AllBenchmarks.self)
}

/// What every benchmark takes.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Print one JSON object a benchmark instead of text.")
    var json = false

    @Option(help: "How many rounds; in each of them every side has its turn.")
    var rounds = 5

    @Option(help: ArgumentHelp("The folder of the programs (default: that of this one).", valueName: "folder"))
    var programs: String?

    func validate() throws {
        guard 1...1000 ~= rounds else { throw ValidationError("--rounds is a number from 1 to 1000.") }
    }
}

/// A benchmark as a subcommand.
protocol Benchmark: AsyncParsableCommand {
    var common: CommonOptions { get }

    /// Measures, and gives what was found.
    func measure(with programs: Programs) async throws -> [Finding]
}

extension Benchmark {
    mutating func run() async throws {
        let programs = try Programs(folder: common.programs)
        RunningProgram.endWithThisProgram()
        var holds = true
        for finding in try await measure(with: programs) {
            print(common.json ? try finding.json : finding.text)
            holds = holds && finding.holds
        }
        guard holds else { throw ExitCode(1) }
    }
}

/// Everything but the soak, which has no end of its own, the kills and the releases, which take long.
struct AllBenchmarks: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Every benchmark but soak, endure and release, one after the other.")

    @OptionGroup var common: CommonOptions

    func measure(with programs: Programs) async throws -> [Finding] {
        var findings: [Finding] = []
        for benchmark in try Self.each(common) { findings += try await benchmark.measure(with: programs) }
        return findings
    }

    private static func each(_ common: CommonOptions) throws -> [any Benchmark] {
        let arguments =
            ["--rounds", "\(common.rounds)"] + (common.programs.map { ["--programs", $0] } ?? [])
        return [
            try DownloadBenchmark.parse(arguments), try LiveViewBenchmark.parse(arguments),
            try WidgetBenchmark.parse(arguments), try CaptureBenchmark.parse(arguments),
            try StartBenchmark.parse(arguments), try MemoryBenchmark.parse(arguments),
            try SaveBenchmark.parse(arguments), try PriorityBenchmark.parse(arguments),
        ]
    }
}
