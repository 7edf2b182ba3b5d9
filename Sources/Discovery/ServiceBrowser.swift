import Foundation
import Glibc

/// Looks for services on the local network by DNS-SD, through Avahi's daemon.
public enum ServiceBrowser {
    /// All services of a type, such as `_ptp._tcp` (PTP/IP, CIPA DC-005), each time that they are others than before.
    ///
    /// Who is slow gets the newest set alone. It ends with a `DiscoveryError` where Avahi's daemon cannot be asked, or
    /// any more; the thread that it needs ends with its taker.
    public static func services(ofType type: String) -> AsyncThrowingStream<Set<FoundService>, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
                continuation.finish(throwing: DiscoveryError(reason: String(cString: strerror(errno))))
                return
            }
            let (stopper, stopped) = (ends[0], ends[1])
            continuation.onTermination = { _ in close(stopper) }
            Thread.detachNewThread {
                let browsing = AvahiBrowsing(type: type) { continuation.yield($0) }
                let failure = browsing.run(until: stopped)
                close(stopped)
                continuation.finish(throwing: failure)
            }
        }
    }
}
