import Glibc
import NIOConcurrencyHelpers

/// The end of a run, which comes at a time or when somebody says so.
final class EndureEnd: Sendable {
    private let time: NIOLockedValueBox<ContinuousClock.Instant>

    /// After that time.
    init(_ duration: Duration) {
        time = NIOLockedValueBox(.now + duration)
    }

    /// It has come.
    func reach() { time.withLockedValue { $0 = min($0, .now) } }

    var isReached: Bool { ContinuousClock.now >= time.withLockedValue { $0 } }

    /// Waits for so many seconds, or until the end.
    func pause(_ seconds: Double) {
        let until = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < until, !isReached {
            usleep(UInt32(min(20_000, max(500, ContinuousClock.now.duration(to: until) / .microseconds(1)))))
        }
    }
}
