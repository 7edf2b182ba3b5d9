import Logging
import NIOConcurrencyHelpers

/// Looks at the room on the disk: after each image and at an interval. It says once in the log that little is left.
final class DiskWatch: Sendable {
    private let policy: SavingPolicy
    private let folder: String
    private let interval: Duration
    private let logger: Logger
    private let state = NIOLockedValueBox(DiskWarning())

    init(policy: SavingPolicy, folder: String, interval: Duration, logger: Logger) {
        self.policy = policy
        self.folder = folder
        self.interval = interval
        self.logger = logger
    }

    /// Looks until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: interval)
        }
    }

    /// Looks now, and warns where that is due.
    func look() {
        guard let space = policy.space(folder) else { return }
        let reserve = policy.reserve(of: space)
        guard state.withLockedValue({ $0.isDue(free: space.free, reserve: reserve) }) else { return }
        logger.warning(
            "the disk is nearly full: make room in the data folder; with less free than the reserve releases are refused",
            metadata: ["free": "\(space.free)", "reserve": "\(reserve)"])
    }
}
