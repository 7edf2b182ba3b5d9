/// The times at which a sequence is due: k · interval after its first, however long each shot takes. A beat that was missed is
/// not made up for, and those after it keep their times. All in nanoseconds of one clock.
struct Beats {
    let interval: Int64

    /// The beat after one; where more than that one is over, the last of them, which is due at once.
    func next(after beat: Int64, now: Int64) -> Int64 {
        let next = beat + interval
        guard now > next else { return next }
        return interval > 0 ? next + (now - next) / interval * interval : now
    }

    /// The first beat after one that is no sooner than `time`.
    func next(after beat: Int64, notBefore time: Int64) -> Int64 {
        let next = beat + interval
        guard time > next else { return next }
        return interval > 0 ? next + (time - next + interval - 1) / interval * interval : time
    }
}
