import ArgumentParser
import FleetModel
import Glibc
import PacketProtocol

/// Memory of server and workers, idle and after much work.
struct MemoryBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Memory that is a process's own and dirty: idle, and after much work.")

    @OptionGroup var common: CommonOptions

    @Option(
        help: "How many commands; frames, sessions and restarts of workers follow from it (10, 0.5 and 0.2 of 100).")
    var commands = 100_000

    func validate() throws {
        guard 1000...100_000_000 ~= commands else { throw ValidationError("--commands is a number from 1000 on.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        [try measureIdle(with: programs), try measureGrowth(with: programs)]
    }

    private func measureIdle(with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.count = 16
        let bodies = try BenchmarkBodies(programs, [body])
        let server = try BenchmarkServer(programs, bodies: bodies.ports)
        // A worker gives memory back when it has been idle for 2 s.
        sleep(5)
        let workers = Samples(server.workers.compactMap { ProcessFigures.privateDirty(of: $0) }.map(Self.megabytes))
        let own = Samples([ProcessFigures.privateDirty(of: server.processID) ?? 0].map(Self.megabytes))
        return Finding(
            "Private dirty memory with sixteen bodies, idle",
            figures: [.init("worker", "MB", workers), .init("server", "MB", own)],
            bounds: [
                .atMost(10, "the largest worker, in MB", workers.highest),
                .atMost(60, "server, in MB", own.highest),
            ])
    }

    private static func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1e6 }

    // MARK: Growth

    /// How far memory goes up while the same is done again and again, in MB.
    private static let tolerance = 2.0

    private func measureGrowth(with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.live_view = .init()
        let bodies = try BenchmarkBodies(programs, [body])
        let server = try BenchmarkServer(programs, bodies: bodies.ports)
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        let arguments = WidgetArguments(widgetID: "iso")

        let works: [(what: String, count: Int, work: () throws -> Void)] = [
            (
                "commands", commands,
                {
                    _ = try connection.ask(.getWidgetCurrentValue, arguments, Widget.self, session: session)
                }
            ),
            ("frames", commands / 10, {}),
            (
                "sessions", commands / 200,
                {
                    let other = try connection.open(.number(1))
                    _ = try connection.ask(.checkConnection, Nothing(), CameraInfo.self, session: other)
                    _ = try connection.ask(.closeSession, Nothing(), Nothing.self, session: other)
                }
            ),
            (
                "restarts of a worker", commands / 500,
                { _ = try connection.ask(.resetCamera, Nothing(), Nothing.self, session: session) }
            ),
        ]
        var finding = Finding("Growth over much work")
        for (what, count, work) in works {
            // The first tenth fills what is kept for use again.
            let repeated = { (count: Int) in
                if what == "frames" {
                    try Self.watch(count, connection, session, server.liveViewPort)
                } else {
                    for _ in 0..<count { try work() }
                }
            }
            try repeated(max(1, count / 10))
            let before = Self.look(at: server)
            try repeated(count)
            let after = Self.look(at: server)
            finding.bounds += [
                .atMost(Self.tolerance, "server, MB more after \(count) \(what)", after.server - before.server),
                .atMost(Self.tolerance, "worker, MB more after \(count) \(what)", after.worker - before.worker),
                .atMost(0, "descriptors more after \(count) \(what)", Double(after.descriptors - before.descriptors)),
                .atMost(0, "processes more after \(count) \(what)", Double(after.processes - before.processes)),
            ]
        }
        return finding
    }

    private struct Look {
        let server: Double
        let worker: Double
        let descriptors: Int
        let processes: Int
    }

    private static func look(at server: BenchmarkServer) -> Look {
        // A worker gives memory back when it has been idle for 2 s.
        sleep(3)
        let workers = server.workers
        return Look(
            server: megabytes(ProcessFigures.privateDirty(of: server.processID) ?? 0),
            worker: megabytes(workers.compactMap { ProcessFigures.privateDirty(of: $0) }.reduce(0, +)),
            descriptors: ([server.processID] + workers).compactMap { ProcessFigures.descriptors(of: $0) }.reduce(0, +),
            processes: workers.count)
    }

    private static func watch(_ count: Int, _ connection: PlainConnection, _ session: UInt32, _ port: Int) throws {
        let stream = try LiveViewBenchmark.stream(connection, session, port: port)
        for _ in 0..<count { try LiveViewBenchmark.passFrame(of: stream) }
        _ = try connection.ask(.stopLiveView, Nothing(), FramesSent.self, session: session)
    }
}
