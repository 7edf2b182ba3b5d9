import Logging
import NIOConcurrencyHelpers

/// Looks at the room on the disk: after each image and at an interval. It says once in the log that little is left, and
/// has images saved that found no room, once there is some.
///
/// Bounded: it remembers bodies, each once; their images are in the journal.
final class DiskWatch: Sendable {
    /// A body whose image found no room, and how much there was.
    private struct Missed {
        let body: CameraBody
        let free: Int64
    }

    private struct State {
        var warning = DiskWarning()
        var missed: [ObjectIdentifier: Missed] = [:]
    }

    private let policy: SavingPolicy
    private let folder: String
    private let interval: Duration
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(policy: SavingPolicy, folder: String, interval: Duration, logger: Logger) {
        self.policy = policy
        self.folder = folder
        self.interval = interval
        self.logger = logger
    }

    /// Looks until the task is cancelled. `resume` is called for a body whose images find room now.
    func run(_ resume: (CameraBody) async -> Void) async {
        while !Task.isCancelled {
            look()
            for body in takeMissed() where !Task.isCancelled { await resume(body) }
            try? await Task.sleep(for: interval)
        }
    }

    /// Looks now, and warns where that is due.
    func look() {
        guard let space = policy.space(folder) else { return }
        let reserve = policy.reserve(of: space)
        guard state.withLockedValue({ $0.warning.isDue(free: space.free, reserve: reserve) }) else { return }
        logger.warning(
            "the disk is nearly full: make room in the data folder; with less free than the reserve releases are refused",
            metadata: ["free": "\(space.free)", "reserve": "\(reserve)"])
    }

    /// An image of a body found no room.
    func miss(_ body: CameraBody) {
        let missed = Missed(body: body, free: policy.space(folder)?.free ?? 0)
        state.withLockedValue { $0.missed[ObjectIdentifier(body)] = missed }
    }

    /// The bodies whose images found no room, where there is more by now.
    private func takeMissed() -> [CameraBody] {
        guard let space = policy.space(folder), space.free >= policy.reserve(of: space) else { return [] }
        return state.withLockedValue { state in
            let found = state.missed.filter { $1.free < space.free }
            for key in found.keys { state.missed[key] = nil }
            return found.values.map(\.body)
        }
    }
}
