import Foundation
import Glibc
import NIOConcurrencyHelpers

/// Looks at the memory of server and workers while something runs: whether it stays where it was.
final class MemoryLooks: Sendable {
    private struct State {
        var server: [Double] = []
        var workers: [Double] = []
        var isOver = false
    }

    private let state = NIOLockedValueBox(State())
    private static let interval: UInt32 = 100_000

    /// Looks until `end`, on a thread of its own.
    init(server: Int32, workers: [Int32]) {
        Thread.detachNewThread { [state] in
            while !state.withLockedValue({ $0.isOver }) {
                let own = Self.megabytes(of: server)
                let largest = workers.map(Self.megabytes).max() ?? 0
                state.withLockedValue { state in
                    state.server.append(own)
                    state.workers.append(largest)
                }
                usleep(Self.interval)
            }
        }
    }

    /// Looks no more.
    func end() { state.withLockedValue { $0.isOver = true } }

    var server: Samples { Samples(state.withLockedValue { $0.server }) }
    /// Of the largest worker.
    var workers: Samples { Samples(state.withLockedValue { $0.workers }) }
    /// How many MB more the most of the last third was than that of the second.
    var growth: (server: Double, worker: Double) {
        state.withLockedValue { (Self.growth($0.server), Self.growth($0.workers)) }
    }

    private static func growth(_ looks: [Double]) -> Double {
        let third = looks.count / 3
        guard let before = looks.dropFirst(third).prefix(third).max(), let after = looks.suffix(third).max() else {
            return 0
        }
        return after - before
    }

    private static func megabytes(of process: Int32) -> Double {
        Double(ProcessFigures.privateDirty(of: process) ?? 0) / 1e6
    }
}
