import Foundation
import NIOConcurrencyHelpers

/// What the kernel says of the server and its workers, again and again.
final class SoakWatch: Sendable {
    /// One look.
    struct Look: Sendable {
        let seconds: Double
        /// In MB.
        let server: Double
        let serverDescriptors: Int
        let threads: Int
        /// In MB: all workers together, and the largest of them.
        let workers: Double
        let largestWorker: Double
        let workerDescriptors: Int
        let processes: Int
        let zombies: Int
    }

    private struct State {
        var looks: [Look] = []
        var zombiesSince: [Int32: ContinuousClock.Instant] = [:]
        var crowdSince: ContinuousClock.Instant?
        var longestZombie = 0.0
        var longestCrowd = 0.0
    }

    private let server: Int32
    private let bodies: Int
    private let state = NIOLockedValueBox(State())
    private let start = ContinuousClock.now

    init(server: Int32, bodies: Int) {
        self.server = server
        self.bodies = bodies
    }

    var looks: [Look] { state.withLockedValue { $0.looks } }
    /// How long a process that had ended stayed, in seconds, and how long there were more than one for each body and one.
    var longestZombie: Double { state.withLockedValue { $0.longestZombie } }
    var longestCrowd: Double { state.withLockedValue { $0.longestCrowd } }

    /// Looks every two seconds until the end, and says how it goes now and then.
    func run(_ ledger: SoakLedger, until end: SoakEnd) {
        var count = 0
        while !end.isReached {
            guard let look = look() else { return ledger.fail("The server is gone.") }
            state.withLockedValue { $0.looks.append(look) }
            if count % 8 == 7 { ledger.tell(Self.text(look, ledger)) }
            count += 1
            end.pause(2)
        }
    }

    /// A look now; nil when the server is gone.
    func look() -> Look? {
        guard let own = ProcessFigures.privateDirty(of: server) else { return nil }
        let children = ProcessFigures.children(of: server)
        let zombies = children.filter { ProcessFigures.isZombie($0) }
        note(children.count, zombies)
        let memory = children.compactMap { ProcessFigures.privateDirty(of: $0) }.map(Self.megabytes)
        return Look(
            seconds: start.duration(to: .now) / .seconds(1), server: Self.megabytes(own),
            serverDescriptors: ProcessFigures.descriptors(of: server) ?? 0,
            threads: ProcessFigures.threads(of: server) ?? 0, workers: memory.reduce(0, +),
            largestWorker: memory.max() ?? 0,
            workerDescriptors: children.compactMap { ProcessFigures.descriptors(of: $0) }.reduce(0, +),
            processes: children.count, zombies: zombies.count)
    }

    private func note(_ children: Int, _ zombies: [Int32]) {
        let now = ContinuousClock.now
        state.withLockedValue { state in
            state.zombiesSince = Dictionary(
                uniqueKeysWithValues: zombies.map { ($0, state.zombiesSince[$0] ?? now) })
            for since in state.zombiesSince.values {
                state.longestZombie = max(state.longestZombie, since.duration(to: now) / .seconds(1))
            }
            state.crowdSince = children > bodies + 1 ? state.crowdSince ?? now : nil
            if let since = state.crowdSince {
                state.longestCrowd = max(state.longestCrowd, since.duration(to: now) / .seconds(1))
            }
        }
    }

    private static func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1e6 }

    private static func text(_ look: Look, _ ledger: SoakLedger) -> String {
        String(
            format: "server %.1f MB, %d descriptors, %d threads; workers %.1f MB, the largest %.1f, %d descriptors, "
                + "%d processes, %d zombies; ",
            look.server, look.serverDescriptors, look.threads, look.workers, look.largestWorker,
            look.workerDescriptors, look.processes, look.zombies)
            + "\(ledger.commands) answers, \(ledger.refused) of them errors, \(ledger.failures) failures"
    }
}
