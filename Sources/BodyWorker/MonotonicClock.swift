import Glibc

/// CLOCK_MONOTONIC.
enum MonotonicClock {
    /// In nanoseconds.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Seconds that somebody asked for, in nanoseconds; a day where more is asked for, nothing where less than nothing is.
    static func nanoseconds(_ seconds: Double) -> Int64 {
        seconds > 0 ? Int64(min(seconds, 86_400) * 1e9) : 0
    }

    /// A time of this clock in nanoseconds since 1970.
    static func wallTime(of time: Int64) -> Int64 {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec) - (now() - time)
    }

    /// Lets a moment pass; the body's thread does nothing meanwhile.
    static func pause(milliseconds: Int32) {
        _ = poll(nil, 0, milliseconds)
    }
}
