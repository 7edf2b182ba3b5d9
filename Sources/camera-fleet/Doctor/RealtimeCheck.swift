import Dispatch
import Foundation
import Glibc
import NIOConcurrencyHelpers

/// Whether a thread of this user may run before all others (SCHED_FIFO), as bodies' threads do from arming to release.
struct RealtimeCheck: MachineCheck {
    /// What trying it gave: 0, or an errno.
    var failure: Int32
    /// RLIMIT_RTPRIO.
    var limit: UInt64

    func findings(on machine: Machine) -> [Finding] {
        if failure == 0 { return [.ok("realtime", "Releases may run at realtime priority.")] }
        let why = limit == 0 ? "the limit is 0" : String(cString: strerror(failure))
        return [
            .hint(
                "realtime",
                "Releases may not run at realtime priority (\(why)): on a busy machine the bodies of a group "
                    + "release up to milliseconds apart.",
                remedy: "echo '@plugdev - rtprio 10' | sudo tee /etc/security/limits.d/camera-fleet.conf, and log in "
                    + "again; in a systemd unit: LimitRTPRIO=10, and no RestrictRealtime=")
        ]
    }

    /// Tries it on a thread that ends with the attempt.
    static func tried() -> RealtimeCheck {
        var limit = rlimit()
        // RLIMIT_RTPRIO (asm-generic/resource.h), which Swift's Glibc does not show.
        getrlimit(__rlimit_resource_t(14), &limit)
        let answer = TrialAnswer()
        let thread = Thread {
            var parameters = sched_param()
            parameters.sched_priority = 1
            // Of the calling thread alone (sched_setscheduler(2)).
            answer.give(sched_setscheduler(0, SCHED_FIFO, &parameters) == 0 ? 0 : errno)
        }
        thread.start()
        return RealtimeCheck(failure: answer.wait(), limit: UInt64(limit.rlim_cur))
    }
}

/// One number, from one thread to another.
private final class TrialAnswer: Sendable {
    private let given = DispatchSemaphore(value: 0)
    private let value = NIOLockedValueBox<Int32>(0)

    func give(_ number: Int32) {
        value.withLockedValue { $0 = number }
        given.signal()
    }

    func wait() -> Int32 {
        given.wait()
        return value.withLockedValue { $0 }
    }
}
