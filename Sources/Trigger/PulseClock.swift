import Glibc

/// CLOCK_MONOTONIC, by which pulses are timed.
public enum PulseClock {
    /// Nanoseconds now.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Has the calling thread sleep until a time.
    static func pause(until time: Int64) {
        guard time > now() else { return }
        var end = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nil) == EINTR {}
    }

    /// A rest for poll(2), in milliseconds: a little more rather than nothing again and again; a minute at most.
    static func milliseconds(until time: Int64) -> Int32 {
        let rest = max(0, time.subtractingReportingOverflow(now()).partialValue)
        return Int32(min(60_000, rest / 1_000_000 + (rest % 1_000_000 == 0 ? 0 : 1)))
    }
}
