import Glibc

/// The time that nobody sets: what releases are measured by.
enum MonotonicTime {
    /// Nanoseconds of CLOCK_MONOTONIC.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// How far the time of day is ahead of it now, in nanoseconds: of some looks at both clocks the one that took the least
    /// time, since in between another thread may run.
    static func wallTimeAhead() -> Int64 {
        var best = (took: Int64.max, ahead: Int64(0))
        for _ in 0..<5 {
            let before = now()
            let wallTime = WallClock.now()
            let after = now()
            if after - before < best.took { best = (after - before, wallTime - before - (after - before) / 2) }
        }
        return best.ahead
    }
}
