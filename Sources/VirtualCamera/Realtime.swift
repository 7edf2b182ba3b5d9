import Glibc
import NIOCore

extension VirtualRig {
    /// Lets the threads on which the bodies live go before every other of the machine (SCHED_FIFO), so that what is measured
    /// is not how long a body waited for the processor.
    ///
    /// - Returns: nil, or why the system did not allow it.
    public func makeRealtime() async -> String? {
        for body in bodies {
            let failure = try? await body.eventLoop.submit { Self.makeThreadRealtime() }.get()
            if let failure, failure != 0 { return String(cString: strerror(failure)) }
        }
        return nil
    }

    private static let priority: Int32 = 40

    private static func makeThreadRealtime() -> Int32 {
        var parameters = sched_param(sched_priority: priority)
        return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
    }
}
