import ArgumentParser
import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// What goes first on one body: a release before everything, a command before downloads and live view, and of those two neither
/// starves the other.
struct PriorityBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "priority",
        abstract: "Releases and commands beside a download and live view of the same body, and these beside each other."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "How long each part of a round takes.")
    var seconds = 3.0

    func validate() throws {
        guard 0.5...600 ~= seconds else { throw ValidationError("--seconds is a number from 0.5 to 600.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        var findings: [Finding] = []
        // A sensor that gives frames as fast as they are asked for, and one that has its own beat.
        let makes: [(String, Double?)] = [
            ("ptp", nil), ("nikon", 0), ("nikon", 30), ("canon-eos", 0), ("canon-eos", 30),
        ]
        for (personality, rate) in makes {
            let rounds = PriorityRounds(
                programs, personality: personality, rate: rate, seconds: seconds, rounds: common.rounds)
            findings.append(try await rounds.measure())
        }
        return findings
    }
}

/// The same body alone with each, and with all at once.
private struct PriorityRounds {
    let programs: Programs
    let personality: String
    /// Of live view; nil where the body has none.
    let rate: Double?
    let seconds: Double
    let rounds: Int

    private static let object = "LONG.MOV"
    private static let size = 4_000_000_000
    private static let pieceLength = Double(1 << 20)
    /// Less than that part of what it gets alone is starving.
    private static let leastShare = 0.25

    init(_ programs: Programs, personality: String, rate: Double?, seconds: Double, rounds: Int) {
        self.programs = programs
        self.personality = personality
        self.rate = rate
        self.seconds = seconds
        self.rounds = rounds
    }

    func measure() async throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.personality = personality
        body.shutter_lag_ms = 0
        body.card.objects = [.init(name: Self.object, size: Self.size)]
        if let rate { body.live_view = .init(rate: rate) }
        let bodies = try BenchmarkBodies(programs, [body])
        let server = try BenchmarkServer(programs, bodies: bodies.ports, options: ["--save", "none"])
        let load = BodyLoad(server: server, object: try Self.object(of: server))
        var results = PriorityResults()
        for round in 0...rounds {
            var one = PriorityResults()
            one.alone = try await asked(load, [])
            one.downloadAlone = [try await load.run([.download], for: seconds).megabytesPerSecond]
            if rate != nil {
                one.framesAlone = [try await load.run([.view], for: seconds).framesPerSecond]
                let both = try await load.run([.download, .view], for: seconds)
                one.downloadBeside = [both.megabytesPerSecond]
                one.framesBeside = [both.framesPerSecond]
            }
            one.loaded = try await asked(load, rate == nil ? [.download] : [.download, .view])
            // What is done for the first time takes its time everywhere.
            if round > 0 { results.add(one) }
        }
        return finding(results)
    }

    private func asked(_ load: BodyLoad, _ works: Set<BodyLoad.Work>) async throws -> PriorityResults.Latencies {
        let commands = try await load.run(works.union([.commands]), for: seconds)
        let releases = try await load.run(works.union([.releases]), for: seconds)
        return PriorityResults.Latencies(commands: commands.commands, releases: releases.releases)
    }

    private static func object(of server: BenchmarkServer) throws -> ObjectArguments {
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        let list = try connection.ask(
            .listFiles, ListFilesArguments(recurse: true), FileList.self, session: session)
        guard let file = list.files.first(where: { $0.name == object }) else {
            throw BenchmarkFailure("\(object) is not on the card.")
        }
        return ObjectArguments(folder: file.folder, name: file.name)
    }

    private func finding(_ results: PriorityResults) -> Finding {
        let view = rate.map { $0 == 0 ? ", live view as fast as it goes" : ", live view of \(Int($0)) frames a second" }
        var finding = Finding("Commands and releases beside a download\(view ?? ""), \(personality) body")
        let alone = (commands: Samples(results.alone.commands), releases: Samples(results.alone.releases))
        let loaded = (commands: Samples(results.loaded.commands), releases: Samples(results.loaded.releases))
        let download = (alone: Samples(results.downloadAlone), beside: Samples(results.downloadBeside))
        let frames = (alone: Samples(results.framesAlone), beside: Samples(results.framesBeside))
        finding.figures = [
            .init("command alone", "ms", alone.commands), .init("command under load", "ms", loaded.commands),
            .init("release alone", "ms", alone.releases), .init("release under load", "ms", loaded.releases),
            .init("download alone", "MB/s", download.alone),
        ]
        // What is under way on the body's cable when something more urgent comes.
        var underWay = Self.pieceLength / 1e3 / download.alone.median
        if rate != nil {
            underWay = max(underWay, 1000 / frames.alone.median)
            finding.figures += [
                .init("download beside live view", "MB/s", download.beside),
                .init("live view alone", "frames/s", frames.alone),
                .init("live view beside a download", "frames/s", frames.beside),
            ]
            finding.bounds = [
                .atLeast(
                    Self.leastShare, "download beside live view / alone", download.beside.median / download.alone.median
                ),
                .atLeast(
                    Self.leastShare, "live view beside a download / alone", frames.beside.median / frames.alone.median),
            ]
        }
        for (what, quiet, busy) in [
            ("command", alone.commands, loaded.commands), ("release", alone.releases, loaded.releases),
        ] {
            // One piece or frame is waited for, and the processors are shared with what made the load.
            finding.bounds += [
                .atMost(
                    2 * quiet.median + 2 * underWay, "\(what) under load, median in ms", busy.median),
                .atMost(
                    nil, "\(what), p99 under load / p99 alone", busy.percentile(0.99) / quiet.percentile(0.99)),
            ]
        }
        return finding
    }
}
