import Foundation
import Glibc

/// Kills server and workers, and starts the server again.
struct EndureKiller {
    private enum Deed { case worker, server, serverAtItsStart }

    let server: EndureServer
    let checks: EndureChecks
    let ledger: SoakLedger
    let kills: Int
    private var numbers: SoakNumbers

    init(server: EndureServer, checks: EndureChecks, ledger: SoakLedger, kills: Int, seed: UInt64) {
        self.server = server
        self.checks = checks
        self.ledger = ledger
        self.kills = kills
        numbers = SoakNumbers(seed: seed, of: "killer")
    }

    /// Kills until it was often enough, or the time is over; gives how often it was.
    mutating func run(_ running: inout BenchmarkServer, until end: EndureEnd) throws -> Int {
        var count = 0
        while count < kills, !end.isReached {
            end.pause(Double.random(in: 0.01...0.9, using: &numbers))
            guard running.isRunning else {
                ledger.fail("The server ended by itself.")
                running = try server.start()
                continue
            }
            let deed = numbers.pick([(12, Deed.worker), (2, .server), (1, .serverAtItsStart)]) ?? .worker
            if deed == .worker {
                guard let worker = running.workers.randomElement(using: &numbers) else { continue }
                kill(worker, SIGKILL)
                ledger.count("workers killed")
                count += 1
            } else {
                server.kill(running)
                ledger.count("servers killed")
                count += 1
                if deed == .serverAtItsStart {
                    try server.startAndKill(after: UInt32.random(in: 0...500_000, using: &numbers))
                    ledger.count("servers killed at their start")
                    count += 1
                }
                let files = checks.files()
                running = try server.start()
                try checks.compare(files, with: running)
                // Now and then all of it is whole again before the next.
                if numbers.isOnce(in: 2) { end.pause(3) }
            }
            if count % 50 == 0 { ledger.tell("\(count) kills, \(ledger.failures) failures") }
        }
        return count
    }
}
