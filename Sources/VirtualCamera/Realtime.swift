import Foundation
import Glibc
import NIOCore

extension VirtualRig {
    /// Lets the threads on which the bodies live go before every other of the machine (SCHED_FIFO), so that what is measured
    /// is not how long a body waited for the processor. The other threads of this process, which draw pictures and write the
    /// log, go before all ordinary ones: a body that waits for a lock of theirs must not wait for strangers.
    ///
    /// - Returns: nil, or why the system did not allow it.
    public func makeRealtime() async -> String? {
        for thread in Self.threads {
            var parameters = sched_param(sched_priority: Self.priorityOfOthers)
            guard sched_setscheduler(thread, SCHED_FIFO, &parameters) != 0, errno != ESRCH else { continue }
            return String(cString: strerror(errno))
        }
        for body in bodies {
            let failure = try? await body.eventLoop.submit { Self.makeThreadRealtime() }.get()
            if let failure, failure != 0 { return String(cString: strerror(failure)) }
        }
        return nil
    }

    private static let priority: Int32 = 40
    private static let priorityOfOthers: Int32 = 1

    /// The threads of this process; those that they start are as they are.
    private static var threads: [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return entries.compactMap { pid_t($0) }
    }

    private static func makeThreadRealtime() -> Int32 {
        var parameters = sched_param(sched_priority: priority)
        return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
    }
}
