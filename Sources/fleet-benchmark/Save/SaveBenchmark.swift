import ArgumentParser
import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// Images saved on the server's disk, hash, fsync and journal included, against gp_camera_file_get into files with fsync.
struct SaveBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Save images of 25 MB and of 8 MB, of one body and of eight, against a bare loop with fsync.")

    @OptionGroup var common: CommonOptions

    @Option(help: "How many images a round, of all bodies together.")
    var images = 60

    func validate() throws {
        guard 8...5000 ~= images else { throw ValidationError("--images is a number from 8 to 5000.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        var findings: [Finding] = []
        for size in [25_000_000, 8_000_000] {
            for count in [1, 8] {
                findings.append(try SaveRounds(common.rounds, images: images, size, bodies: count).measure(programs))
            }
        }
        return findings
    }
}

/// The same number of images by each side, in turn.
private struct SaveRounds {
    private let rounds: Int
    private let size: Int
    private let count: Int
    /// On each card.
    private let names: [String]

    /// How far memory may go up while the same is done again and again, in MB.
    private static let tolerance = 4.0

    init(_ rounds: Int, images: Int, _ size: Int, bodies count: Int) {
        self.rounds = rounds
        self.size = size
        self.count = count
        names = (1...max(1, images / count)).map { "IMAGE\($0).JPG" }
    }

    func measure(_ programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.count = count
        body.card.pictures = 0
        body.card.objects = names.map { .init(name: $0, size: size) }
        let bodies = try BenchmarkBodies(programs, [body])
        let folder = try folder(of: bodies, programs)
        let bare = BareSaves(programs: programs, ports: bodies.ports, folder: folder, names: names)
        var fleet: [Double] = []
        var others: [BareCamera.Build: [Double]] = [:]
        var shares: [[String: Double]] = []
        var looks: MemoryLooks?
        // What is done for the first time takes its time everywhere.
        for round in 0...rounds {
            // Each side is first in turn.
            if round % 2 == 1 { try add(bare, round, to: &others) }
            let (speed, used, memory) = try saveByServer(bodies, programs)
            if round > 0 {
                fleet.append(speed)
                shares.append(used)
                looks = memory
            }
            if round % 2 == 0 { try add(bare, round, to: &others) }
        }
        return finding(Samples(fleet), shares.means, others, looks)
    }

    private func add(_ bare: BareSaves, _ round: Int, to others: inout [BareCamera.Build: [Double]]) throws {
        for build in BareCamera.Build.allCases {
            sync()
            let speed = try bare.save(by: build)
            if round > 0 { others[build, default: []].append(speed) }
        }
    }

    private func finding(
        _ fleet: Samples, _ shares: [String: Double], _ others: [BareCamera.Build: [Double]], _ looks: MemoryLooks?
    ) -> Finding {
        var finding = Finding(
            "\(names.count) images of \(size / 1_000_000) MB saved \(count == 1 ? "of one body" : "of each of \(count) bodies")",
            figures: [.init("fleet", "MB/s", fleet, processor: shares)])
        let least = count == 1 ? 0.9 : 0.85
        for build in BareCamera.Build.allCases {
            let other = Samples(others[build] ?? [])
            finding.figures.append(.init("\(build.rawValue), get and fsync", "MB/s", other))
            finding.bounds.append(.atLeast(least, "fleet / \(build.rawValue)", fleet.median / other.median))
        }
        if let looks {
            let growth = looks.growth
            finding.figures += [
                .init("server's memory", "MB", looks.server), .init("largest worker's memory", "MB", looks.workers),
            ]
            finding.bounds += [
                .atMost(Self.tolerance, "server, MB more in the last third than in the second", growth.server),
                .atMost(Self.tolerance, "worker, MB more in the last third than in the second", growth.worker),
            ]
        }
        return finding
    }

    /// FETCH_IMAGES of all cards into an empty data folder: megabytes a second, whose processor time, and memory.
    private func saveByServer(
        _ bodies: BenchmarkBodies, _ programs: Programs
    ) throws -> (Double, [String: Double], MemoryLooks) {
        let server = try BenchmarkServer(programs, bodies: bodies.ports, options: ["--save", "none"])
        let connection = try PlainConnection(port: server.commandPort, patience: 3600)
        _ = try connection.receive()
        sync()
        let meter = ProcessorMeter(server.processes(with: bodies))
        let looks = MemoryLooks(server: server.processID, workers: server.workers)
        let start = ContinuousClock.now
        let fetched = try connection.ask(.fetchImages, GroupTarget.ready, FetchedImages.self)
        let seconds = start.duration(to: .now) / .seconds(1)
        let shares = meter.shares
        looks.end()
        guard fetched.cameras.count == count, fetched.cameras.allSatisfy({ $0.fetched == names.count }) else {
            throw BenchmarkFailure("Not every image was saved: \(fetched.cameras).")
        }
        return (Double(count * names.count * size) / 1e6 / seconds, shares, looks)
    }

    private func folder(of bodies: BenchmarkBodies, _ programs: Programs) throws -> String {
        let server = try BenchmarkServer(programs, bodies: [bodies.ports[0]], options: ["--save", "none"])
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        let list = try connection.ask(
            .listFiles, ListFilesArguments(recurse: true), FileList.self, session: session)
        guard let file = list.files.first(where: { $0.name == names[0] }) else {
            throw BenchmarkFailure("\(names[0]) is not on the card.")
        }
        return file.folder
    }
}
