import ArgumentParser
import FleetModel
import Foundation
import PacketProtocol

/// Objects of a body through port 6666, against gp_camera_file_get.
struct DownloadBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Download objects of 50 MiB; and eight bodies of 40 MB/s at once.")

    @OptionGroup var common: CommonOptions

    private static let size = 50 << 20
    private static let names = (1...4).map { "OBJECT\($0).MOV" }
    private static let slowRate = 40_000_000

    func measure(with programs: Programs) async throws -> [Finding] {
        [try measureOne(with: programs), try await measureEight(with: programs)]
    }

    // MARK: One body, as fast as it goes

    private func measureOne(with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.card.objects = Self.names.map { .init(name: $0, size: Self.size) }
        let bodies = try BenchmarkBodies(programs, [body, body])
        let server = try BenchmarkServer(programs, bodies: [bodies.ports[0]])
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        let folder = try Self.folder(of: connection, session)

        var fleet: [Double] = []
        var bare: [BareCamera.Build: [BareCamera.Result]] = [:]
        var shares: [[String: Double]] = []
        for round in 0...common.rounds {
            let meter = ProcessorMeter(server.processes(with: bodies))
            let speeds = try Self.names.map { name in
                try Self.download(name, in: folder, connection, session, from: server.downloadPort)
            }
            // What is done for the first time takes its time everywhere.
            if round > 0 {
                shares.append(meter.shares)
                fleet += speeds
            }
            for build in BareCamera.Build.allCases {
                let result = try BareCamera(programs: programs, build: build).run(
                    bodies.ports[1], ["download", folder] + Self.names)
                if round > 0 { bare[build, default: []].append(result) }
            }
        }
        let speeds = Samples(fleet)
        var finding = Finding(
            "Download of a 50 MiB object through port 6666",
            figures: [.init("fleet", "MB/s", speeds, processor: shares.means)])
        finding.compare(speeds, "MB/s", with: bare, by: \.megabytesPerSecond) { build, ratio in
            build == .stock
                ? .atLeast(1.3, aim: 2, "fleet / stock", ratio) : .atLeast(0.4, aim: 0.7, "fleet / best", ratio)
        }
        return finding
    }

    // MARK: Eight slow bodies

    private func measureEight(with programs: Programs) async throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.count = 8
        body.card.objects = Self.names.prefix(1).map { .init(name: $0, size: 2 * Self.size) }
        body.link_bytes_per_second = Self.slowRate
        let bodies = try BenchmarkBodies(programs, [body])
        // What a body gives to one who has it alone: a cable takes its time for requests, too.
        let folder = try Self.folder(through: try BenchmarkServer(programs, bodies: [bodies.ports[0]]))
        let alone = try BareCamera(programs: programs, build: .best).run(
            bodies.ports[0], ["download", folder, Self.names[0]])
        let one = Samples(alone.megabytesPerSecond)
        let server = try BenchmarkServer(programs, bodies: bodies.ports)
        let ports = (command: server.commandPort, download: server.downloadPort)
        let meter = ProcessorMeter(server.processes(with: bodies))
        var rates: [Double] = []
        for _ in 0..<max(1, common.rounds / 2) {
            let start = ContinuousClock.now
            // A thread a client: they block.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 {
                    group.addTask {
                        try await onThread {
                            let connection = try PlainConnection(commandPort: ports.command)
                            let session = try connection.open(.number(number))
                            let folder = try Self.folder(of: connection, session)
                            _ = try Self.download(Self.names[0], in: folder, connection, session, from: ports.download)
                        }
                    }
                }
                try await group.waitForAll()
            }
            rates.append(Double(8 * 2 * Self.size) / 1e6 / (start.duration(to: .now) / .seconds(1)))
        }
        let samples = Samples(rates)
        return Finding(
            "Eight bodies that give 40 MB/s each, an object of 100 MiB of each at once",
            figures: [
                .init("fleet, all eight", "MB/s", samples, processor: meter.shares),
                .init("best, one of them alone", "MB/s", one),
            ],
            bounds: [
                .atLeast(0.95, "fleet / eight times what one gives alone", samples.median / (8 * one.median)),
                .atLeast(nil, "fleet / eight times 40 MB/s", samples.median * 1e6 / Double(8 * Self.slowRate)),
            ])
    }

    // MARK: The client

    private static func folder(through server: BenchmarkServer) throws -> String {
        let connection = try server.connect()
        return try folder(of: connection, try connection.open(.number(1)))
    }

    /// The folder where the objects are.
    private static func folder(of connection: PlainConnection, _ session: UInt32) throws -> String {
        let list = try connection.ask(
            .listFiles, ListFilesArguments(recurse: true), FileList.self, session: session)
        guard let file = list.files.first(where: { $0.name == names[0] }) else {
            throw BenchmarkFailure("\(names[0]) is not on the card.")
        }
        return file.folder
    }

    /// Downloads an object, ticket and all, and gives megabytes a second.
    private static func download(
        _ name: String, in folder: String, _ connection: PlainConnection, _ session: UInt32, from port: Int
    ) throws -> Double {
        let start = ContinuousClock.now
        let size = try Transfer.download(
            ObjectArguments(folder: folder, name: name), connection, session, from: port)
        return Double(size) / 1e6 / (start.duration(to: .now) / .seconds(1))
    }
}
