import Foundation

/// One run: bodies, a server that is killed, clients, and the account at the end.
struct EndureRun {
    private let bodies: BenchmarkBodies
    private let count: Int
    private let kills: Int
    private let seconds: Double
    private let seed: UInt64
    /// Where the server keeps images and journal.
    private let folder: TemporaryFolder
    private let server: EndureServer
    private let ledger = SoakLedger()

    private static let personalities = ["nikon", "canon-eos", "ptp"]

    /// So many bodies of all makes, each with a picture that was there before.
    init(_ programs: Programs, bodies count: Int, kills: Int, seconds: Double, seed: UInt64) throws {
        self.count = count
        self.kills = kills
        self.seconds = seconds
        self.seed = seed
        folder = try TemporaryFolder()
        bodies = try BenchmarkBodies(
            programs,
            (0..<count).map { index in
                var body = BenchmarkBodies.Description()
                body.personality = Self.personalities[index % Self.personalities.count]
                body.shutter_lag_ms = 20
                // Transfers take long enough to be hit.
                body.link_bytes_per_second = 8_000_000
                return body
            })
        server = EndureServer(programs, bodies: bodies.ports, dataFolder: folder.path)
    }

    /// Kills, repairs, and gives the account.
    func run() async throws -> Finding {
        let told = ToldImages(ledger)
        let checks = EndureChecks(folder: folder.path, told: told, ledger: ledger)
        var running = try server.start()
        let clients = EndureClients(server: server, told: told, ledger: ledger, seed: seed)
        let disturber = EndureDisturber(
            server: server, control: bodies.control, bodies: count, ledger: ledger, seed: seed)
        let over = EndureEnd(.seconds(seconds))
        let works: [@Sendable () throws -> Void] = [
            { clients.takePictures(until: over) }, { clients.listen(until: over) },
            { try disturber.run(until: over) },
        ]
        let threads = Task { [ledger] in
            await withTaskGroup(of: Void.self) { group in
                for work in works {
                    group.addTask { do { try await onThread(work) } catch { ledger.fail("\(error)") } }
                }
            }
        }
        var killer = EndureKiller(server: server, checks: checks, ledger: ledger, kills: kills, seed: seed)
        let killed = try killer.run(&running, until: over)
        over.reach()
        await threads.value
        ledger.tell("All is repaired.")
        let images = try checks.finish(running, bodies: count)
        for line in ledger.lines { ledger.tell(line) }
        return finding(killed: killed, images: images, told: told.all.count)
    }

    private func finding(killed: Int, images: Int, told: Int) -> Finding {
        var finding = Finding("Pictures of \(count) bodies under \(killed) kills, seed \(seed)")
        finding.figures = [
            .init("images on the cards", "images", Samples([Double(images)])),
            .init("told as saved while it ran", "images", Samples([Double(told)])),
        ]
        finding.bounds = [
            .atMost(0, "failures", Double(ledger.failures)), .atLeast(1, "images on the cards", Double(images)),
        ]
        return finding
    }
}
